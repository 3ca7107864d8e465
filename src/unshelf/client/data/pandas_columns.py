"""Columns of pandas: their exact dtype, their categories, and which of its missing values pandas had in them."""

import importlib
import math
from typing import Any

from unshelf.client.data.dtypes import integer_type, type_of_dtype, zone_name
from unshelf.client.data.plain_columns import objects_column
from unshelf.client.errors import InvalidRows
from unshelf.contracts.signature import Column, ColumnType, Missing

_ARROW = "arrow:"


def column_of(name: str, series: Any) -> Column:
    """Return the column of a Series. Raises InvalidRows."""
    dtype, nullable = series.dtype, bool(series.isna().any())
    kind = type(dtype).__name__
    if kind == "CategoricalDtype":
        return _categorical(name, dtype, nullable=nullable)
    if kind == "DatetimeTZDtype":
        exact = f"datetime64[{dtype.unit}, {zone_name(name, dtype.tz)}]"
        return Column(name=name, type="datetime", nullable=nullable, dtype=exact)
    if kind == "ArrowDtype":
        arrow = _arrow_name(str(dtype.pyarrow_dtype))
        found = type_of_dtype(arrow.partition(", tz=")[0] + ("]" if ", tz=" in arrow else ""))
        return Column(name=name, type=found, nullable=nullable, dtype=_ARROW + arrow, missing="none")
    if kind == "StringDtype":
        exact = name_of(dtype)
        return Column(name=name, type="string", nullable=nullable, dtype=None if exact == _usual_text() else exact)
    if str(dtype) == "object":
        return _objects(name, series)
    found = type_of_dtype(str(dtype))
    plain = type(dtype).__module__.startswith("numpy")
    if found in ("datetime", "duration") or not plain:  # pandas' own nullable types: Int64, Float32, boolean …
        missing: Missing | None = "none" if not plain and found.startswith("float") else None
        return Column(name=name, type=found, nullable=nullable, dtype=str(dtype), missing=missing)
    return Column(name=name, type=found, nullable=nullable, dtype=None if dtype.isnative else str(dtype.str))


def name_of(dtype: Any) -> str:
    """Return the name by which pandas makes a dtype again; of texts with the library that stores them."""
    if type(dtype).__name__ != "StringDtype":
        return str(dtype)
    missing = getattr(dtype, "na_value", None)
    return "str" if isinstance(missing, float) and str(dtype) == "str" else f"string[{dtype.storage}]"


def _usual_text() -> str:
    pandas: Any = importlib.import_module("pandas")
    return name_of(pandas.Series(["text"]).dtype)


def _objects(name: str, series: Any) -> Column:
    column = objects_column(name, series.tolist())
    # What pandas makes of texts (before its release 3) and of JSON values is an array of objects in any case.
    usual = column.type in ("bytes", "json") or (column.type == "string" and _usual_text() == "object")
    return Column(
        name=name,
        type=column.type,
        nullable=column.nullable,
        dtype=None if usual else "object",
        missing=None if usual and column.missing == "none" else column.missing,
        items=column.items,
    )


def _categorical(name: str, dtype: Any, *, nullable: bool) -> Column:
    pandas: Any = importlib.import_module("pandas")
    categories = dtype.categories.tolist()
    found = _category_type(name, categories, str(dtype.categories.dtype))
    exact = name_of(dtype.categories.dtype)
    usual = name_of(pandas.Index(categories).dtype)
    return Column(
        name=name, type=found, nullable=nullable, categories=categories, ordered=bool(dtype.ordered),
        dtype=None if exact == usual else exact,
    )  # fmt: skip


def _category_type(name: str, categories: list[Any], dtype: str) -> ColumnType:
    kinds = set(map(type, categories))
    if kinds <= {str}:
        return "string"
    if kinds == {bool}:
        return "bool"
    if kinds == {int} and (found := integer_type(min(categories), max(categories))) != "json":
        return found
    if kinds == {float} and all(map(math.isfinite, categories)):
        return "float64"
    raise InvalidRows(
        f"The categories of column {name!r} ({dtype}) can't be carried by JSON.",
        hint="Make them texts, numbers or booleans: column.cat.rename_categories(str).",
    )


def _arrow_name(arrow: str) -> str:
    known = arrow in ("date32[day]", "bool", "double", "float", "halffloat", "string", "large_string")
    if known or arrow.startswith(("int", "uint", "timestamp[", "duration[")):
        return arrow
    raise InvalidRows(
        f"A column of {arrow} (pyarrow) can't be carried by JSON exactly.",
        hint="Turn it into numbers, texts, booleans, datetimes or durations first.",
    )
