"""Containers: how checked columns become what the model's own code takes; libraries are imported only when asked for."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from ..types import FLOATS, INTEGERS

Columns = list[Sequence[Any]]
Fill = Callable[[Columns], Any]
Field = dict[str, Any]
"""A column of the signature."""


def _lists(_: list[Field]) -> Fill:
    return lambda columns: list(map(list, zip(*columns, strict=True)))


def _dicts(fields: list[Field]) -> Fill:
    names = [field["name"] for field in fields]
    return lambda columns: [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=False)]


def _columns(fields: list[Field]) -> Fill:
    names = [field["name"] for field in fields]
    return lambda columns: dict(zip(names, map(list, columns), strict=True))


def _values(_: list[Field]) -> Fill:
    return lambda columns: list(columns[0])


def _numpy(fields: list[Field]) -> Fill:
    """One array: of the narrowest type that holds all columns if they are numbers, of objects otherwise."""
    numpy = importlib.import_module("numpy")
    types = [field["type"] for field in fields]
    nullable = any(field.get("nullable") and field["type"] not in FLOATS for field in fields)
    if not nullable and all(name in FLOATS or name in INTEGERS or name == "bool" for name in types):
        dtype = numpy.result_type(*types)
        return lambda columns: numpy.array(list(zip(*columns, strict=True)), dtype=dtype)
    if not nullable and set(types) == {"datetime"}:
        return lambda columns: numpy.array(list(zip(*columns, strict=True)), dtype="datetime64[us]")

    def fill(columns: Columns) -> Any:
        array = numpy.empty((len(columns[0]), len(columns)), dtype=object)
        for position, values in enumerate(columns):
            for row, value in enumerate(values):  # one by one: NumPy would spread a value that is a list itself
                array[row, position] = value
        return array

    return fill


def _pandas(fields: list[Field]) -> Fill:
    pandas = importlib.import_module("pandas")
    names = pandas.Index([field["name"] for field in fields])
    fillers = [_pandas_series(pandas, field) for field in fields]

    def fill(columns: Columns) -> Any:
        series = {position: make(values) for position, (make, values) in enumerate(zip(fillers, columns, strict=True))}
        frame = pandas.DataFrame(series, copy=False)
        frame.columns = names
        return frame

    return fill


def _pandas_series(pandas: Any, field: Field) -> Callable[[Sequence[Any]], Any]:
    name = field["type"]
    if field.get("categories") is not None:
        kind = pandas.CategoricalDtype(field["categories"])
        return lambda values: pandas.Series(pandas.Categorical(list(values), dtype=kind))
    if name == "datetime":
        return lambda values: pandas.Series(pandas.to_datetime(list(values)))
    if name == "string":
        text = pandas.Series(["text"]).dtype  # object in pandas 2, str from 3 on: what training data had
        return lambda values: pandas.Series(list(values), dtype=text)
    if name == "json":
        return lambda values: pandas.Series(list(values), dtype=object)
    if field.get("nullable") and name not in FLOATS:  # pandas' own nullable types: Int64, UInt8, boolean …
        own = "boolean" if name == "bool" else name.replace("int", "Int").replace("uI", "UI")
        return lambda values: pandas.Series(list(values), dtype=own)
    numpy = importlib.import_module("numpy")
    return lambda values: pandas.Series(numpy.array(values, dtype=name))


_POLARS = {"string": "String", "datetime": "Datetime", "bool": "Boolean", "float16": "Float32", "json": "Object"}


def _polars(fields: list[Field]) -> Fill:
    polars = importlib.import_module("polars")
    types = [(field["name"], polars_type(polars, field)) for field in fields]
    return lambda columns: polars.DataFrame(
        [polars.Series(name, list(values), dtype=kind) for (name, kind), values in zip(types, columns, strict=True)]
    )


def polars_type(polars: Any, field: Field) -> Any:
    """What polars calls a column's type."""
    name = field["type"]
    if field.get("categories") is not None:
        return polars.Enum(field["categories"])
    if name == "datetime":
        return polars.Datetime("us")
    return getattr(
        polars, _POLARS.get(name) or name.replace("uint", "UInt").replace("int", "Int").replace("float", "Float")
    )


CONTAINERS: dict[str, Callable[[list[Field]], Fill]] = {
    "numpy": _numpy,
    "pandas": _pandas,
    "polars": _polars,
    "lists": _lists,
    "dicts": _dicts,
    "columns": _columns,
    "values": _values,
}
"""The signature's container → what fills it."""
