"""Search spaces: read, as a grid, drawn at random."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unshelf.contracts.errors import InvalidInput
from unshelf.develop.sweeps.space import Range, space_of


def test_a_grid_has_each_combination_once_and_in_order() -> None:
    space = space_of({"depth": [3, 5], "rate": {"low": 0.1, "high": 0.3, "step": 0.1}})
    assert [tuple(each.values()) for each in space.grid()] == [
        (3, 0.1),
        (3, 0.2),
        (3, 0.3),
        (5, 0.1),
        (5, 0.2),
        (5, 0.3),
    ]


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ({"low": 1, "high": 4}, [1, 2, 3, 4]),
        ({"low": 1, "high": 10, "step": 4}, [1, 5, 9]),
        ({"low": 0.0, "high": 1, "step": 0.25}, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ([1, 1.0, True, "1", None], [1, 1.0, True, "1", None]),
    ],
)
def test_values_keep_their_types(raw: Any, values: list[Any]) -> None:
    found = [each["x"] for each in space_of({"x": raw}).grid()]
    assert [(type(each), each) for each in found] == [(type(each), each) for each in values]


@given(
    low=st.integers(-50, 50), width=st.integers(1, 60), step=st.none() | st.integers(1, 20), log=st.booleans(),
    whole=st.booleans(), number=st.integers(0, 5),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_what_is_drawn_lies_in_the_range_and_on_its_steps(
    *, low: int, width: int, step: int | None, log: bool, whole: bool, number: int
) -> None:
    log = log and low > 0 and step is None
    raw = {"low": low if whole else low + 0.5, "high": low + width + (0 if whole else 0.5), "log": log}
    space = space_of({"x": raw if step is None else {**raw, "step": step}})
    drawn = space.draw(7, number)["x"]
    assert isinstance(drawn, int if whole else float) and raw["low"] <= drawn <= raw["high"]
    if step is not None:
        steps = (drawn - raw["low"]) / step
        assert math.isclose(steps, round(steps), abs_tol=1e-9)
    assert space.draw(7, number)["x"] == drawn


def test_a_logarithmic_range_is_drawn_from_each_order_of_magnitude() -> None:
    space = space_of({"x": {"low": 1e-4, "high": 1, "log": True}})
    orders = [math.floor(math.log10(float(space.draw(1, each)["x"] or 0))) for each in range(400)]
    assert all(80 < orders.count(order) < 120 for order in (-4, -3, -2, -1))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, "at least one"),
        ({"x": 3}, "can't be read"),
        ({"x": []}, "1 to 1000 values"),
        ({"x": [1, 1]}, "twice"),
        ({"x": [[1]]}, "neither text"),
        ({"x": {"low": 1}}, "needs low and high"),
        ({"x": {"low": 1, "high": 2, "hihg": 3}}, "'hihg'"),
        ({"x": {"low": 2, "high": 2}}, "is empty"),
        ({"x": {"low": 0, "high": 2, "log": True}}, "above 0"),
        ({"x": {"low": 1, "high": 2, "log": True, "step": 1}}, "none with log"),
        ({"x": {"low": 1, "high": math.inf}}, "finite"),
        ({"x": {"low": True, "high": 2}}, "finite"),
        ({"x": {"low": "1", "high": 2}}, "finite"),
        ({f"p{each}": [1] for each in range(51)}, "50 parameters"),
    ],
)
def test_what_is_no_space_is_refused_with_the_parameter(raw: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        space_of(raw)


def test_a_grid_without_end_or_beyond_the_bound_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'x' may be any number"):
        space_of({"x": {"low": 0.0, "high": 1}}).grid()
    with pytest.raises(InvalidInput, match="combinations"):
        space_of({"x": list(range(500)), "y": list(range(500))}).grid()


def test_a_whole_range_is_one_of_integers_alone() -> None:
    parameters = space_of({"x": {"low": 1, "high": 9}, "y": {"low": 1.0, "high": 9}}).parameters
    assert [isinstance(each, Range) and each.whole for each in parameters.values()] == [True, False]
