"""One output of a model for a batch: its values as a plain array or list, and what they were where JSON does not tell."""

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Any

from ..errors import Unwritable
from .opening import MomentTexts, is_plain_array, listed, opened, series_values, table_columns
from .plain_values import BLOBS, MOMENTS, PLAIN_TYPES, plain, plain_list
from .types import FLOATS, INTEGERS

EXACT = 1 << 53
"""From here on not every whole number is a double."""


_TYPES_OF: dict[str, AbstractSet[type]] = {
    **dict.fromkeys(FLOATS, frozenset({float})),
    **dict.fromkeys(INTEGERS, frozenset({int})),
    "bool": {bool},
    "string": {str},
}
"""The signature's type → the types of values that are it already."""


class OutputValues:
    """The values of one output: `values` is an array of numbers, truth values, texts or moments, a list of plain values, or one
    plain value where there are no rows."""

    __slots__ = ("declared", "kind", "values")

    def __init__(self, values: Any, kind: str = "", declared: str = "") -> None:
        self.values = values
        self.declared = declared
        """The type by the signature; empty where it is not known."""
        self.kind = kind
        """`bytes` or `datetime` where the values are texts that stand for these; else empty."""


def read_output(value: Any, declared: str = "") -> OutputValues:
    """The output that a model returned. `declared`: its type by the signature, to which numbers are held.

    Raises Unwritable, and whatever the code of the value raises."""
    if is_plain_array(value):
        value = opened(value)
        if value.__class__ is not list and value.shape:
            return OutputValues(held_to(value, declared), "", declared)
    elif type(value) is not list:
        if table_columns(value) is not None:
            return OutputValues(plain(value))
        series = series_values(value)
        value = opened(value) if series is None else series
    if not isinstance(value, list):
        array = hasattr(value, "dtype")
        return OutputValues(held_to(value, declared) if array and value.shape else plain(value), declared=declared)
    if type(value) is MomentTexts:
        return OutputValues(list(value), "datetime")
    kinds: AbstractSet[type] = set(map(type, value))
    if kinds == _TYPES_OF.get(declared):
        return OutputValues(value, "", declared)
    if not PLAIN_TYPES.issuperset(kinds):
        kind = _kind_of(kinds)
        values = plain_list(value)
        return OutputValues(held_to(values, declared) if declared and not kind else values, kind, declared)
    return OutputValues(held_to(value, declared) if declared else value, declared=declared)


def held_to(values: Any, declared: str) -> Any:
    """Numbers in the type that the signature declares, where they are equal in it: the type of a column does not depend on what
    stands beside it in a batch. Whole numbers that came as floats beside a gap are whole numbers again, with None for the gap.

    Raises Unwritable for whole numbers that have lost digits as floats."""
    if hasattr(values, "dtype"):
        kind = values.dtype.kind
        if kind == "f" and declared in FLOATS:
            return values
        if (kind == "f" and declared in INTEGERS) or (kind in "fO" and declared == "bool"):
            return _whole(listed(values), declared)
        if kind in "iu" and declared in FLOATS:
            return values.astype("float64") if not values.size or abs(values).max() < EXACT else values
        return values
    kinds = set(map(type, values)) - {type(None)}
    if float in kinds and (declared in INTEGERS or declared == "bool") and kinds <= {float, int}:
        return _whole(values, declared)
    if declared in FLOATS and int in kinds and kinds <= {float, int}:
        return [float(value) if type(value) is int and abs(value) < EXACT else value for value in values]
    return values


def length_of(value: Any) -> int | None:
    """How many rows a value has; None for what has none: a scalar, a text, an object, an array without dimensions."""
    if isinstance(value, (str, *BLOBS, dict)) or getattr(value, "shape", None) == ():
        return None
    try:
        return len(value)
    except TypeError:
        return None


def _kind_of(kinds: AbstractSet[type]) -> str:
    found = [kind for kind in kinds if kind is not type(None) and kind.__name__ not in ("NaTType", "NAType")]
    if found and all(issubclass(kind, BLOBS) for kind in found):
        return "bytes"
    return "datetime" if found and all(map(_is_moment, found)) else ""


def _is_moment(kind: type) -> bool:
    return issubclass(kind, MOMENTS) or kind.__name__ == "datetime64"


def _whole(values: Any, declared: str) -> Any:
    """Floats as the whole numbers or truth values that they equal; unchanged where one does not."""
    leaves = _leaves(values)
    known = [leaf for leaf in leaves if leaf is not None and not math.isnan(leaf)]
    if not all(math.isfinite(leaf) and leaf == int(leaf) for leaf in known):
        return values
    if declared == "bool":
        return _mapped(values, bool) if {0, 1}.issuperset(known) else values
    if any(abs(leaf) >= EXACT for leaf in known):
        if len(known) == len(leaves):
            return values
        raise Unwritable(
            "whole numbers above 2^53 came as floats, which lose their last digits, because of a gap beside them; return them "
            'in a type with gaps: pandas\' "Int64", polars, or a list with None'
        )
    return _mapped(values, int)


def _leaves(values: Sequence[Any]) -> Sequence[Any]:
    while values and type(values[0]) is list:
        values = list(chain.from_iterable(values))
    return values


def _mapped(values: Sequence[Any], change: Any) -> list[Any]:
    return [
        _mapped(value, change) if type(value) is list
        else None if value is None or value != value else change(value)  # noqa: PLR0124 - NaN
        for value in values
    ]  # fmt: skip
