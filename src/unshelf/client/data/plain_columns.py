"""Columns of plain Python values, each looked at: what kind they are of, and what stands for a missing one."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, cast

from unshelf.client.data.data_types import kind_of
from unshelf.client.data.dtypes import FLOATS, INTEGERS, integer_type, type_of_dtype, zone_name
from unshelf.client.data.images import items_of_images
from unshelf.client.errors import InvalidRows
from unshelf.contracts.signature import Column, ColumnType, Missing

_NUMBERS = (*INTEGERS, *FLOATS)


def values_column(name: str, values: Iterable[Any]) -> Column:
    """Return the column of plain values: mixed numbers widen, mixed kinds are `json`."""
    present, gaps = _divided(values)
    kind, items = _kind_of_all(name, present)
    if gaps["nan"] and (kind is None or kind in _NUMBERS):
        kind = widen(kind or "float64", "float64")  # NaN is a float that is missing; None tells nothing of the type
    missing = most_common(gaps)
    if missing == ("nan" if kind in FLOATS else "none"):
        missing = None
    return Column(name=name, type=kind or "json", nullable=bool(gaps), missing=missing, items=items)


def objects_column(name: str, values: Iterable[Any]) -> Column:
    """Return the column of an array of objects: as `values_column`, but NaN beside anything else is nothing but a gap."""
    present, gaps = _divided(values)
    kind, items = _kind_of_all(name, present)
    if kind is None and gaps["nan"]:
        kind = "float64"
    return Column(
        name=name, type=kind or "json", nullable=bool(gaps), missing=most_common(gaps), items=items, dtype="object"
    )


def gap_kinds(values: Iterable[Any]) -> Counter[Missing]:
    """Count the values that stand for missing ones, by kind."""
    return _divided(values)[1]


def most_common(gaps: Counter[Missing]) -> Missing | None:
    """Return the kind of most gaps; None where there are none."""
    return gaps.most_common(1)[0][0] if gaps else None


def widen(one: ColumnType, other: ColumnType) -> ColumnType:
    """Return the narrowest type that holds the values of both."""
    if one == other:
        return one
    if one in INTEGERS and other in INTEGERS:
        return "int64"
    if one in FLOATS and other in FLOATS:
        return max(one, other, key=FLOATS.index)
    if {one, other} <= {*INTEGERS, *FLOATS}:
        return "float64"
    return "json"


def gap_kind(value: Any) -> Missing | None:
    """Return what kind of missing value this is; None for a value that is there."""
    if value is None:
        return "none"
    if isinstance(value, float) or kind_of(value) == "numpy_scalar":
        return "nan" if value != value and type(value).__name__ != "NaTType" else None  # noqa: PLR0124 - only NaN differs from itself
    return cast("Missing | None", {"NAType": "na", "NaTType": "nat"}.get(type(value).__name__))


def _divided(values: Iterable[Any]) -> tuple[list[Any], Counter[Missing]]:
    present: list[Any] = []
    gaps: Counter[Missing] = Counter()
    for value in values:
        gap = gap_kind(value)
        if gap is None:
            present.append(value)
        else:
            gaps[gap] += 1
    return present, gaps


def _kind_of_all(name: str, present: list[Any]) -> tuple[ColumnType | None, str | None]:
    """Return the type of values that are all there, and what they are where the type does not tell."""
    found: ColumnType | None = None
    for value in present:
        kind = _type_of_value(value)
        found = kind if found is None else widen(found, kind)
    if found == "int64" and (min(present) < -(2**63) or max(present) >= 2**63):
        found = integer_type(int(min(present)), int(max(present)))
    if found == "datetime":
        return _moments(name, present)
    if found == "bytes":
        return "bytes", _images(name, present)
    if found == "json" and any(map(_holds_bytes, present)):
        raise InvalidRows(
            f"The column {name!r} holds bytes or images beside or inside of other values, where JSON can't tell them from texts.",
            hint="Make a column of its own of them.",
        )
    if found == "json" and present and all(kind_of(value) == "numpy_array" for value in present):
        return "json", _arrays(name, present)
    return found, None


def _moments(name: str, present: list[Any]) -> tuple[ColumnType, str | None]:
    if not any(isinstance(value, datetime) for value in present):
        numpy = any(kind_of(value) == "numpy_scalar" for value in present)
        return ("datetime", None) if numpy else ("datetime", "date")
    if not all(isinstance(value, datetime) for value in present):
        raise InvalidRows(f"The column {name!r} mixes dates and datetimes.", hint="Make all of them datetimes.")
    zones = {None if value.tzinfo is None else zone_name(name, value.tzinfo) for value in present}
    if len(zones) > 1:
        raise InvalidRows(
            f"The datetimes of column {name!r} have several time zones.", hint="Convert all of them to one zone."
        )
    (zone,) = zones
    return "datetime", None if zone is None else f"datetime[{zone}]"


def _images(name: str, present: list[Any]) -> str | None:
    images = [value for value in present if kind_of(value) == "image"]
    if images and len(images) < len(present):
        raise InvalidRows(f"The column {name!r} mixes images and bytes.", hint="Make all of them images, or bytes.")
    return items_of_images(images) if images else None


def _holds_bytes(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_bytes, value.values()))
    return kind_of(value) in ("bytes", "image") or (kind_of(value) == "sequence" and any(map(_holds_bytes, value)))


def _arrays(name: str, present: list[Any]) -> str | None:
    dtypes = {array.dtype.str if array.dtype.kind != "U" else "str" for array in present}
    kinds = {array.dtype.kind for array in present}
    if len(dtypes) > 1 or not kinds <= set("biufU"):
        raise InvalidRows(
            f"The column {name!r} holds arrays of {', '.join(sorted({str(array.dtype) for array in present}))}.",
            hint="Give arrays of numbers, booleans or texts, all of one type.",
        )
    (dtype,) = dtypes
    if "f" in kinds and present[0].dtype.itemsize > 8:
        type_of_dtype(str(present[0].dtype))  # which refuses it
    return f"ndarray[{dtype if dtype == 'str' else present[0].dtype.str.replace('|', '')}]"


def _type_of_value(value: Any) -> ColumnType:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if isinstance(value, timedelta):
        return "duration"
    if isinstance(value, date):
        return "datetime"
    if kind_of(value) in ("bytes", "image"):
        return "bytes"
    return type_of_dtype(str(value.dtype)) if kind_of(value) == "numpy_scalar" else "json"
