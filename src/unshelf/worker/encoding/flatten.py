"""Nested JSON lists as a flat list and a shape, checked level by level in C instead of value by value in Python."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

_LISTS = frozenset({list, tuple})


class Ragged(ValueError):
    """The lists of one level differ in length, or lists and values stand side by side; `depth` says at which level."""

    def __init__(self, depth: int, reason: str) -> None:
        super().__init__(reason)
        self.depth = depth


def flatten(value: Sequence[Any], *, depth: int | None = None) -> tuple[list[int], Sequence[Any]]:
    """The shape of nested lists and their values in row-major order.

    With `depth`, exactly that many levels are opened (the values may then be lists themselves, which is for the caller to
    judge) and lists are missed where there are too few levels; without, every level that is one of lists alone.
    Raises Ragged."""
    shape = [len(value)]
    level = value
    while len(shape) != depth:
        if not _LISTS.issuperset(map(type, level)):
            if depth is None and _LISTS.isdisjoint(map(type, level)):
                break
            raise Ragged(len(shape), "not a list")
        lengths = set(map(len, level))
        if len(lengths) > 1:
            raise Ragged(len(shape), f"lists of {min(lengths)} and of {max(lengths)} values")
        if not lengths:  # nothing there: deeper levels have no size
            break
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    return shape, level
