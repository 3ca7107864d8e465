"""Containers that are filled from Arrow columns as they are: NumPy, pandas and polars, each with the types that JSON gives."""

import importlib
from collections.abc import Callable
from itertools import chain
from typing import Any

from ..encoding.types import FLOATS, INTEGERS
from .arrow import as_counts, interleave, python_values
from .columns import ColumnReader
from .containers import CONTAINERS, Field
from .libraries.numpy_columns import NO_TIME
from .libraries.pandas_columns import labels_of, pandas_categorical, pandas_series
from .libraries.polars_columns import polars_series, polars_type
from .memory import ArrayMemory
from .rows import Readers


class ArrowColumns:
    """The checked ChunkedArrays of one request, in the signature's order."""

    __slots__ = ("columns",)

    def __init__(self, columns: list[Any]) -> None:
        self.columns = columns


def join(parts: list[ArrowColumns]) -> list[Any]:
    """The columns of several requests, one after the other; nothing is copied."""
    if len(parts) == 1:
        return parts[0].columns
    pyarrow: Any = importlib.import_module("pyarrow")
    together = zip(*[part.columns for part in parts], strict=True)
    return [
        list(chain.from_iterable(pieces))
        if type(pieces[0]) is list
        else pyarrow.chunked_array([chunk for column in pieces for chunk in column.chunks])
        for pieces in together
    ]


def _numpy(fields: list[Field], readers: Readers, columns: list[Any], memory: ArrayMemory) -> Any:
    numpy: Any = importlib.import_module("numpy")
    shape = (len(columns[0]), len(columns))
    types = [field["type"] for field in fields]
    if any(field.get("dtype") or field.get("items") for field in fields):
        return CONTAINERS["numpy"](fields)(
            [_values(column, reader) for column, reader in zip(columns, readers, strict=True)]
        )
    nullable = any(field.get("nullable") and field["type"] not in FLOATS for field in fields)
    if not nullable and all(name in FLOATS or name in INTEGERS or name == "bool" for name in types):
        return interleave(columns, memory.empty(shape, numpy.result_type(*types)))
    if not nullable and set(types) == {"datetime"}:
        return interleave(columns, memory.empty(shape, "datetime64[us]"))
    array = numpy.empty(shape, dtype=object)
    for place, (reader, column) in enumerate(zip(readers, columns, strict=True)):
        # Not by assignment of the list: NumPy would spread a value that is a list itself.
        array[:, place] = numpy.fromiter(python_values(column, reader), dtype=object, count=len(column))
    return array


def _pandas(fields: list[Field], readers: Readers, columns: list[Any], _: ArrayMemory) -> Any:
    pandas: Any = importlib.import_module("pandas")
    series = {
        place: _pandas_series(pandas, field, reader, column)
        for place, (field, reader, column) in enumerate(zip(fields, readers, columns, strict=True))
    }
    frame = pandas.DataFrame(series, copy=False)
    frame.columns = labels_of(fields)
    return frame


def _pandas_series(pandas: Any, field: Field, reader: ColumnReader, column: Any) -> Any:
    name = field["type"]
    if field.get("categories") is not None:
        return _categorical(field, reader, column)
    exact = (
        field.get("dtype") is not None
        or field.get("missing") is not None
        or name in ("bytes", "json", "datetime", "duration")
    )
    if exact:
        return pandas_series(field)(_values(column, reader))
    if name == "string":
        return pandas.Series(column.to_numpy(), dtype=pandas.Series(["text"]).dtype)
    if field.get("nullable") and name not in FLOATS:
        own = "boolean" if name == "bool" else name.replace("int", "Int").replace("uI", "UI")
        return column.to_pandas(types_mapper=lambda _: pandas.api.types.pandas_dtype(own))
    array = column.to_numpy()
    return pandas.Series(array if array.flags.writeable else array.copy())


def _categorical(field: Field, reader: ColumnReader, column: Any) -> Any:
    """By the codes of the categories, which Arrow finds without a look at single values."""
    pyarrow: Any = importlib.import_module("pyarrow")
    compute: Any = importlib.import_module("pyarrow.compute")
    values = pyarrow.array(field["categories"], pyarrow.type_for_alias(reader.type))
    codes = compute.index_in(column, value_set=values).fill_null(-1)
    return pandas_categorical(field)(codes.to_numpy())


def _values(column: Any, reader: ColumnReader) -> Any:
    """A column's values as those that come from JSON; counts stay an array."""
    if type(column) is list or reader.moments is None or not reader.moments.counts:
        return python_values(column, reader)
    return as_counts(column, reader.moments).fill_null(NO_TIME).to_numpy()


def _polars(fields: list[Field], readers: Readers, columns: list[Any], _: ArrayMemory) -> Any:
    polars: Any = importlib.import_module("polars")
    series = []
    for field, reader, column in zip(fields, readers, columns, strict=True):
        if field["type"] == "json" or type(column) is list:
            series.append(polars_series(field)(python_values(column, reader)))
            continue
        name, kind = str(field.get("label", field["name"])), polars_type(field)
        if reader.moments is not None:
            counts = polars.from_arrow(as_counts(column, reader.moments))
            series.append(counts.cast(kind).alias(name))
            continue
        if field["type"] == "float16":
            column = column.cast("float32")  # noqa: PLW2901 - the type that the model is given in any case
        if reader.missing is not None and column.null_count:
            column = column.fill_null(reader.missing)  # noqa: PLW2901
        series.append(polars.from_arrow(column).cast(kind).alias(name))
    return polars.DataFrame(series)


ARROW_CONTAINERS: dict[str, Callable[[list[Field], Readers, list[Any], ArrayMemory], Any]] = {
    "numpy": _numpy, "pandas": _pandas, "polars": _polars,
}  # fmt: skip
"""The signature's container → what fills it from Arrow columns; the others take plain Python values."""
