"""A definition that could not run is refused with the step and what is wrong in it."""

from typing import Any

import pytest

from tests.support.pipelines import Line
from unshelf.contracts.errors import InvalidInput
from unshelf.develop.pipelines.definition import ParameterDefinition, check_definition, in_order, parameters_of

RATE = ParameterDefinition(name="rate", type="float", default=0.1)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"name": "a"}, {"name": "a"}], "step 'a' is there twice"), ([{"name": "a", "after": ["b"]}], "needs the step 'b'"),
        ([{"name": "a", "after": ["b"]}, {"name": "b", "after": ["a"]}], "a, b wait for one another"),
        ([{"name": "a", "arguments": {"x": {"parameter": "y"}}}], "parameter 'y', which the pipeline has not"),
        ([{"name": "a", "function": "other.py:f"}], "names no function in one of its files"),
        ([{"name": "a", "files": ["gone.py", "steps.py"]}], "file 'gone.py' is none"),
        ([{"name": "a", "environment": "base"}], "an environment or requirements"),
        ([{"name": "a", "data": {"x": "data://x"}, "arguments": {"x": {"value": 1}}}], "both an argument and data"),
        ([{"name": "a", "kind": "deploy", "arguments": {"model": {"value": "m"}}}], "argument 'files' is missing"),
        ([{"name": "a", "kind": "release", "arguments": {"version": {"value": "m:1"}, "x": {"value": 1}}}], "no argument 'x'"),
    ],
)  # fmt: skip
def test_what_can_not_run_is_said(line: Line, steps: list[dict[str, Any]], said: str) -> None:
    wanted = line.request(*steps)
    with pytest.raises(InvalidInput, match=said):
        check_definition(wanted)
        in_order(wanted.steps)


def test_steps_are_put_into_an_order(line: Line) -> None:
    steps = line.request({"name": "c", "after": ["b"]}, {"name": "b", "after": ["a"]}, {"name": "a"}).steps
    assert [step.name for step in in_order(steps)] == ["a", "b", "c"]


def test_parameters_are_complete_and_of_their_types() -> None:
    wanted = [RATE, ParameterDefinition(name="depth", type="int", required=True)]
    assert parameters_of(wanted, {"depth": 3}) == {"rate": 0.1, "depth": 3}
    assert parameters_of(wanted, {"depth": 3, "rate": 1}) == {"rate": 1, "depth": 3}
    odd = [
        ({}, "'depth' is missing"),
        ({"depth": True}, "type int, got True"),
        ({"x": 1}, "no parameter 'x'"),
        ({"depth": "3"}, "got '3'"),
    ]
    for given, said in odd:
        with pytest.raises(InvalidInput, match=said):
            parameters_of(wanted, given)
