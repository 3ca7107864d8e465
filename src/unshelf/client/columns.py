"""The type and nullability of one column, from any library's values."""

import math
from collections.abc import Iterable
from typing import Any, cast, get_args

from unshelf.client.errors import InvalidRows
from unshelf.client.kinds import kind_of
from unshelf.contracts.signature import Column, ColumnType

_KNOWN = frozenset(get_args(ColumnType))
_SEEN_AS: dict[str, ColumnType] = {
    "str": "string", "str_": "string", "object_": "string", "String": "string", "Categorical": "string", "Enum": "string",
    "Utf8": "string", "boolean": "bool", "Boolean": "bool", "Date": "datetime", "Datetime": "datetime", "date": "datetime",
    "datetime": "datetime", "Timestamp": "datetime", "List": "json", "Struct": "json", "Array": "json", "Null": "json",
    "longdouble": "float64", "float128": "float64", "decimal": "float64",
}  # fmt: skip
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_FLOATS = ("float16", "float32", "float64")


def column_of(name: str, values: Any) -> Column:
    """The column that `values` (a Series, a one-dimensional array, a list) would be. Raises InvalidRows."""
    kind = kind_of(values)
    if kind == "numpy_array" and values.dtype.kind != "O":
        return Column(name=name, type=type_of_dtype(str(values.dtype)), nullable=_numpy_misses(values))
    if kind == "pandas_series":
        return _pandas_column(name, values)
    if kind == "polars_series":
        missing = values.null_count() > 0 or (values.dtype.is_float() and bool(values.is_nan().any()))
        return Column(name=name, type=type_of_dtype(type(values.dtype).__name__), nullable=missing)
    if kind == "torch_tensor":
        return Column(name=name, type=type_of_dtype(str(values.dtype).removeprefix("torch.")))
    return values_column(name, values)


def values_column(name: str, values: Iterable[Any]) -> Column:
    """The column of plain values, each looked at: mixed numbers widen, mixed kinds are `json`."""
    found: ColumnType | None = None
    nullable = False
    for value in values:
        if _is_missing(value):
            nullable = True
            # NaN is a float that is missing; None tells nothing of the type.
            if isinstance(value, float):
                found = "float64" if found is None else widen(found, "float64")
            continue
        kind = _type_of_value(value)
        found = kind if found is None else widen(found, kind)
    return Column(name=name, type=found or "json", nullable=nullable)


def widen(one: ColumnType, other: ColumnType) -> ColumnType:
    """The narrowest type that holds the values of both."""
    if one == other:
        return one
    if one in _INTEGERS and other in _INTEGERS:
        return "int64"
    if one in _FLOATS and other in _FLOATS:
        return max(one, other, key=_FLOATS.index)
    if {one, other} <= {*_INTEGERS, *_FLOATS}:
        return "float64"
    return "json"


def merge(example: Column, baseline: Column) -> Column:
    """What holds both; the example says the type, except that a column with gaps may have turned its integers into floats."""
    kind = example.type
    if kind in _INTEGERS and baseline.type in _FLOATS:
        kind = baseline.type
    return Column(
        name=example.name,
        type=kind,
        nullable=example.nullable or baseline.nullable,
        categories=baseline.categories or example.categories,
    )


def type_of_dtype(dtype: str) -> ColumnType:
    """Our name for a library's dtype: `Int64` → int64, `datetime64[ns]` → datetime, `<U5` → string. Raises InvalidRows."""
    if dtype in _SEEN_AS:
        return _SEEN_AS[dtype]
    if dtype.lower() in _KNOWN:
        return cast(ColumnType, dtype.lower())
    if dtype.startswith(("datetime64", "timestamp[")):
        return "datetime"
    if dtype.startswith(("<U", ">U", "string", "large_string")):
        return "string"
    raise InvalidRows(
        f"A column of {dtype} can't be carried by JSON.",
        hint="Turn it into numbers, texts, booleans or datetimes first.",
    )


def _pandas_column(name: str, series: Any) -> Column:
    nullable = bool(series.isna().any())
    dtype = series.dtype
    if type(dtype).__name__ == "CategoricalDtype":
        categories = dtype.categories.tolist()
        if all(isinstance(category, str) for category in categories):
            return Column(name=name, type="string", nullable=nullable, categories=categories)
        return Column(name=name, type=values_column(name, categories).type, nullable=nullable)
    if str(dtype) == "object":
        found = values_column(name, series.tolist())
        return Column(name=name, type=found.type, nullable=found.nullable or nullable)
    arrow = getattr(dtype, "pyarrow_dtype", None)
    return Column(name=name, type=type_of_dtype(_arrow_name(str(arrow)) if arrow else str(dtype)), nullable=nullable)


def _arrow_name(arrow: str) -> str:
    return {"double": "float64", "float": "float32", "halffloat": "float16", "date32[day]": "date"}.get(arrow, arrow)


def _numpy_misses(array: Any) -> bool:
    # Whatever differs from itself is NaN or NaT.
    return array.dtype.kind in "fM" and bool((array != array).any())  # noqa: PLR0124


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _type_of_value(value: Any) -> ColumnType:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if kind_of(value) == "numpy_scalar":
        return type_of_dtype(str(value.dtype))
    return _SEEN_AS.get(type(value).__name__, "json")
