"""Containers that are filled from Arrow columns as they are: NumPy, pandas and polars, each with the types that JSON gives."""

import datetime
import importlib
from collections.abc import Callable
from typing import Any

from ..types import FLOATS, INTEGERS
from .arrow import python_values, weave
from .containers import Field, polars_type
from .memory import ArrayMemory


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
    return [pyarrow.chunked_array([chunk for column in pieces for chunk in column.chunks]) for pieces in together]


def _numpy(fields: list[Field], columns: list[Any], memory: ArrayMemory) -> Any:
    numpy: Any = importlib.import_module("numpy")
    shape = (len(columns[0]), len(columns))
    types = [field["type"] for field in fields]
    nullable = any(field.get("nullable") and field["type"] not in FLOATS for field in fields)
    if not nullable and all(name in FLOATS or name in INTEGERS or name == "bool" for name in types):
        return weave(columns, memory.empty(shape, numpy.result_type(*types)))
    if not nullable and set(types) == {"datetime"}:
        return weave(columns, memory.empty(shape, "datetime64[us]"))
    array = numpy.empty(shape, dtype=object)
    for place, (name, column) in enumerate(zip(types, columns, strict=True)):
        # Not by assignment of the list: NumPy would spread a value that is a list itself.
        array[:, place] = numpy.fromiter(python_values(column, name), dtype=object, count=len(column))
    return array


def _pandas(fields: list[Field], columns: list[Any], _: ArrayMemory) -> Any:
    pandas: Any = importlib.import_module("pandas")
    series = {
        place: _pandas_series(pandas, field, column)
        for place, (field, column) in enumerate(zip(fields, columns, strict=True))
    }
    frame = pandas.DataFrame(series, copy=False)
    frame.columns = pandas.Index([field["name"] for field in fields])
    return frame


def _pandas_series(pandas: Any, field: Field, column: Any) -> Any:
    name = field["type"]
    if field.get("categories") is not None:
        pyarrow: Any = importlib.import_module("pyarrow")
        compute: Any = importlib.import_module("pyarrow.compute")
        codes = compute.index_in(column, value_set=pyarrow.array(field["categories"], pyarrow.string())).fill_null(-1)
        kind = pandas.CategoricalDtype(field["categories"])
        return pandas.Series(pandas.Categorical.from_codes(codes.to_numpy(), dtype=kind))
    if name == "datetime":
        usual = pandas.to_datetime([datetime.datetime(2000, 1, 1)]).dtype  # noqa: DTZ001 - datetimes have no zone here
        return pandas.Series(column.to_numpy()).astype(usual)
    if name == "string":
        return pandas.Series(column.to_numpy(), dtype=pandas.Series(["text"]).dtype)
    if name == "json":
        return pandas.Series(python_values(column, name), dtype=object)
    if field.get("nullable") and name not in FLOATS:
        own = "boolean" if name == "bool" else name.replace("int", "Int").replace("uI", "UI")
        return column.to_pandas(types_mapper=lambda _: pandas.api.types.pandas_dtype(own))
    array = column.to_numpy()
    return pandas.Series(array if array.flags.writeable else array.copy())


def _polars(fields: list[Field], columns: list[Any], _: ArrayMemory) -> Any:
    polars: Any = importlib.import_module("polars")
    series = []
    for field, column in zip(fields, columns, strict=True):
        name, kind = field["name"], polars_type(polars, field)
        if field["type"] == "json":
            series.append(polars.Series(name, python_values(column, "json"), dtype=kind))
            continue
        if field["type"] == "float16":
            column = column.cast("float32")  # noqa: PLW2901 - the type that the model is given in any case
        if field["type"] in FLOATS and column.null_count:
            column = column.fill_null(float("nan"))  # noqa: PLW2901
        series.append(polars.from_arrow(column).cast(kind).alias(name))
    return polars.DataFrame(series)


ARROW_CONTAINERS: dict[str, Callable[[list[Field], list[Any], ArrayMemory], Any]] = {
    "numpy": _numpy, "pandas": _pandas, "polars": _polars,
}  # fmt: skip
"""The signature's container → what fills it from Arrow columns; the others take plain Python values."""
