"""Search spaces on the command line."""

import pytest
import typer

from unshelf.cli.develop.search_space import space_from


def test_lists_ranges_steps_and_logarithms_are_read_with_their_types() -> None:
    texts = ["depth=3,5,7", "rate=0.001..1:log", "size=10..50:10", "kind=a,b,true,null,1.5", "shift=-2..-1"]
    assert space_from(texts) == {
        "depth": [3, 5, 7],
        "rate": {"low": 0.001, "high": 1, "log": True},
        "size": {"low": 10, "high": 50, "step": 10},
        "kind": ["a", "b", True, None, 1.5],
        "shift": {"low": -2, "high": -1},
    }


@pytest.mark.parametrize("text", ["depth", "=3", "depth=", "rate=a..b", "rate=1..", "rate=1..2:fast", "rate=true..2"])
def test_what_can_not_be_read_is_named(text: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        space_from([text])
    assert repr(text) in str(refused.value)


def test_a_parameter_is_given_once() -> None:
    with pytest.raises(typer.BadParameter, match="twice"):
        space_from(["x=1", "x=2"])
