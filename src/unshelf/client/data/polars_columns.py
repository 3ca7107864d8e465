"""Columns of polars: their exact type, and whether null or NaN stood for what is missing."""

from typing import Any

from unshelf.client.data.dtypes import type_of_dtype
from unshelf.client.errors import InvalidRows
from unshelf.contracts.signature import Column

_NESTED = ("List", "Array", "Struct")


def column_of(name: str, series: Any) -> Column:
    """Return the column of a Series. Raises InvalidRows."""
    dtype = series.dtype
    kind = type(dtype).__name__
    found = type_of_dtype(kind)
    nulls = series.null_count() > 0
    not_numbers = dtype.is_float() and bool(series.is_nan().any())
    exact = str(dtype) if kind in ("Date", "Duration", "Null", "Float16") else None
    if kind == "Datetime" and (dtype.time_unit != "us" or dtype.time_zone is not None):
        zone = f", time_zone={dtype.time_zone!r}" if dtype.time_zone is not None else ""
        exact = f"Datetime(time_unit={dtype.time_unit!r}{zone})"
    if kind == "Categorical":
        exact = kind
    if kind in _NESTED:
        _check_nested(name, dtype)
        exact = str(dtype)
    return Column(
        name=name,
        type=found,
        nullable=nulls or not_numbers,
        categories=dtype.categories.to_list() if kind == "Enum" else None,
        dtype=exact,
        missing="none" if dtype.is_float() and nulls and not not_numbers else None,
    )


def _check_nested(name: str, dtype: Any) -> None:
    kind = type(dtype).__name__
    if kind == "Struct":
        inner = [field.dtype for field in dtype.fields]
    else:
        inner = [dtype.inner] if kind in _NESTED else []
        if not inner and not (dtype.is_integer() or dtype.is_float() or kind in ("Boolean", "String", "Null")):
            raise InvalidRows(
                f"The column {name!r} holds {dtype} inside of lists or structs, which JSON can't carry exactly.",
                hint="Make a column of its own of it.",
            )
    for part in inner:
        _check_nested(name, part)
