"""The platform's own steps are nodes with their arguments, inside of a pipeline alone."""

import pytest

import unshelf
from unshelf import steps
from unshelf.client.pipelines.graph import building


def test_steps_of_the_platform_take_values_and_come_one_after_another() -> None:
    with building() as graph:
        candidate = steps.deploy("iris", "files", alias="next")
        judged = steps.compare(candidate, "data://held-out", label="kind", require="better")
        steps.release(candidate, after=steps.approval("Release it?", about=candidate, details=judged))
    assert [(node.name, node.kind, node.after) for node in graph.nodes] == [
        ("deploy", "deploy", []), ("compare", "compare", []), ("approval", "approval", []), ("release", "release", ["approval"])
    ]  # fmt: skip
    assert graph.nodes[0].arguments == {
        "model": {"value": "iris"},
        "files": {"value": "files"},
        "alias": {"value": "next"},
    }
    assert graph.nodes[1].arguments["candidate"] == {"step": "deploy", "at": []}


def test_elsewhere_they_say_where_they_belong() -> None:
    with pytest.raises(unshelf.UnshelfError, match="inside of a pipeline"):
        steps.release("iris:3")
