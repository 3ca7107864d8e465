"""Nested lists become a shape and a flat list; ragged ones are refused at their level."""

from typing import Any

import pytest

from unshelf.worker.encoding.flatten import Ragged, flatten


@pytest.mark.parametrize(
    ("value", "shape", "values"),
    [
        ([1, 2, 3], [3], [1, 2, 3]),
        ([[1, 2], [3, 4], [5, 6]], [3, 2], [1, 2, 3, 4, 5, 6]),
        ([[[1], [2]]], [1, 2, 1], [1, 2]),
        ([(1, 2), [3, 4]], [2, 2], [1, 2, 3, 4]),
        ([], [0], []),
        ([[], []], [2, 0], []),
        (["ab", "cd"], [2], ["ab", "cd"]),
    ],
)
def test_every_level_of_lists_is_opened(value: Any, shape: list[int], values: list[Any]) -> None:
    assert flatten(value) == (shape, values)


def test_only_as_many_levels_are_opened_as_are_wanted() -> None:
    assert flatten([[[1, 2]], [[3]]], depth=2) == ([2, 1], [[1, 2], [3]])


@pytest.mark.parametrize(
    ("value", "depth", "level"),
    [([[1, 2], [3]], None, 1), ([[1], 2], None, 1), ([1, 2], 2, 1), ([[[1], [2, 3]]], None, 2)],
)
def test_ragged_lists_are_refused_at_their_level(value: Any, depth: int | None, level: int) -> None:
    with pytest.raises(Ragged) as refused:
        flatten(value, depth=depth)
    assert refused.value.depth == level
