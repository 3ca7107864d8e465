"""A key changes with all that a value comes from, and with nothing else."""

from typing import Any

from unshelf.contracts.bundle import BundleFile
from unshelf.develop.pipelines.definition import StepDefinition
from unshelf.develop.pipelines.step_keys import step_key


def key(**changes: Any) -> str:
    step = {"name": "fit", "function": "a.py:f", "files": ["a.py"]} | changes.pop("step", {})
    usual: dict[str, Any] = {
        "code": [BundleFile(path="a.py", sha256="0" * 64, size=1)], "environment": {"hash": "e"}, "arguments": {"x": 1, "y": 2},
        "values": {}, "data": {},
    }  # fmt: skip
    return step_key(StepDefinition(**step), **(usual | changes))


def test_a_key_follows_code_environment_arguments_and_inputs() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"step": {"function": "a.py:g"}}, {"step": {"secrets": ["KEY"]}}, {"step": {"network": {"allow": ["pypi.org:443"]}}},
        {"code": [BundleFile(path="a.py", sha256="1" * 64, size=1)]}, {"environment": {"hash": "f"}}, {"arguments": {"x": 1, "y": 3}},
        {"values": {"x": {"digest": "v", "at": []}}}, {"values": {"x": {"digest": "v", "at": [0]}}}, {"data": {"x": "d"}},
    ]  # fmt: skip
    assert len({key(**change) for change in changes}) == len(changes)


def test_hardware_names_and_the_order_of_arguments_change_no_key() -> None:
    same = [
        {"step": {"tier": "large"}},
        {"step": {"retries": 3}},
        {"step": {"name": "other"}},
        {"arguments": {"y": 2, "x": 1}},
    ]
    assert {key(**change) for change in same} == {key()}
