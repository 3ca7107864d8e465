"""The kind of profile that a column gets: by its signature where there is one, else by its type and its values."""

from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from unshelf.contracts.signature import Column

ColumnKind = Literal["number", "category", "text", "time"]
_FEW_VALUES = 200
_SHARE_OF_VALUES = 0.2
"""Texts are categories where no more than this share of the rows seen have a value of their own."""
_LONGEST_CATEGORY = 60


def kind_of(column: Column, values: Any | None = None) -> ColumnKind | None:
    """Return the kind of a signature's column; `values`, an Arrow array of some of its rows, tells categories from texts.

    None: values of this type have no profile."""
    if column.categories is not None or column.type == "bool":
        return "category"
    if column.type == "datetime":
        return "time"
    if column.type == "string":
        return "category" if values is None or has_few_values(values) else "text"
    if column.type in ("bytes", "json", "duration"):
        return None
    return "number"


def kind_of_type(values: Any) -> ColumnKind | None:
    """Return the kind of an Arrow array by its type and its values; None: values of this type have no profile."""
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_boolean(kind) or pa.types.is_dictionary(kind):
        return "category"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "time"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "category" if has_few_values(values.cast(pa.string())) else "text"
    return None


def has_few_values(values: Any) -> bool:
    """Whether an array of texts looks like one of categories: short texts that repeat."""
    present = values.drop_null()
    if not len(present):
        return True
    different = pc.unique(present)
    if pc.max(pc.utf8_length(different)).as_py() > _LONGEST_CATEGORY:
        return False
    return len(different) <= 2 or (
        len(different) <= _FEW_VALUES and len(different) <= max(10, _SHARE_OF_VALUES * len(present))
    )
