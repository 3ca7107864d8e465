"""Containers: how checked columns become what the model's own code takes; libraries are imported only when asked for."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from ..encoding.types import FLOATS, INTEGERS
from .columns import ColumnReader
from .libraries.numpy_columns import moments_for_numpy, numpy_array
from .libraries.pandas_columns import label_of, labels_of, moments_for_pandas, pandas_series
from .libraries.polars_columns import moments_for_polars, nested_reader, polars_series
from .moments import Moments, python_moments

Columns = list[Sequence[Any]]
Fill = Callable[[Columns], Any]
Field = dict[str, Any]
"""A column of the signature."""


_MOMENTS: dict[str, Callable[[Field], Moments]] = {
    "numpy": moments_for_numpy, "vector": moments_for_numpy, "arrays": moments_for_numpy, "pandas": moments_for_pandas,
    "series": moments_for_pandas, "polars": moments_for_polars, "polars_series": moments_for_polars,
}  # fmt: skip


def reader_of(field: Field, container: str) -> ColumnReader:
    """The reader of a column whose values go into this container."""
    moments = None
    if field["type"] in ("datetime", "duration"):
        moments = _MOMENTS.get(container, python_moments)(field)
    return ColumnReader(field, moments=moments, cells=nested_reader(field) if container.startswith("polars") else None)


def _lists(_: list[Field]) -> Fill:
    return lambda columns: list(map(list, zip(*columns, strict=True)))


def _dicts(fields: list[Field]) -> Fill:
    names = [label_of(field) for field in fields]
    return lambda columns: [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=False)]


def _columns(fields: list[Field]) -> Fill:
    names = [label_of(field) for field in fields]
    return lambda columns: dict(zip(names, map(list, columns), strict=True))


def _values(_: list[Field]) -> Fill:
    return lambda columns: list(columns[0])


def _numpy(fields: list[Field]) -> Fill:
    """One array: of the narrowest type that holds all columns if they are numbers, of objects otherwise."""
    numpy = importlib.import_module("numpy")
    types = [field["type"] for field in fields]
    dtypes = {field.get("dtype") for field in fields}
    if len(dtypes) == 1 and dtypes not in ({None}, {"object"}):
        makers = [numpy_array(field) for field in fields]
        kind = numpy.dtype(*dtypes)
        return lambda columns: numpy.column_stack(
            [make(values) for make, values in zip(makers, columns, strict=True)]
        ).astype(kind, copy=False)  # which NumPy would turn into the machine's byte order
    nullable = any(field.get("nullable") and field["type"] not in FLOATS for field in fields)
    if (
        not nullable
        and dtypes == {None}
        and all(name in FLOATS or name in INTEGERS or name == "bool" for name in types)
    ):
        dtype = numpy.result_type(*types)
        return lambda columns: numpy.array(list(zip(*columns, strict=True)), dtype=dtype)
    if not nullable and dtypes == {None} and set(types) == {"datetime"}:
        return lambda columns: numpy.array(list(zip(*columns, strict=True)), dtype="datetime64[us]")

    def fill(columns: Columns) -> Any:
        array = numpy.empty((len(columns[0]), len(columns)), dtype=object)
        for position, values in enumerate(columns):
            for row, value in enumerate(values):  # one by one: NumPy would spread a value that is a list itself
                array[row, position] = value
        return array

    return fill


def _arrays(fields: list[Field]) -> Fill:
    named = [(label_of(field), numpy_array(field)) for field in fields]
    return lambda columns: {name: make(values) for (name, make), values in zip(named, columns, strict=True)}


def _vector(fields: list[Field]) -> Fill:
    make = numpy_array(fields[0])
    return lambda columns: make(columns[0])


def _pandas(fields: list[Field]) -> Fill:
    pandas = importlib.import_module("pandas")
    labels = labels_of(fields)
    makers = [pandas_series(field) for field in fields]

    def fill(columns: Columns) -> Any:
        series = {position: make(values) for position, (make, values) in enumerate(zip(makers, columns, strict=True))}
        frame = pandas.DataFrame(series, copy=False)
        frame.columns = labels
        return frame

    return fill


def _series(fields: list[Field]) -> Fill:
    make, label = pandas_series(fields[0]), label_of(fields[0])

    def fill(columns: Columns) -> Any:
        series = make(columns[0])
        series.name = label
        return series

    return fill


def _polars(fields: list[Field]) -> Fill:
    polars = importlib.import_module("polars")
    makers = [polars_series(field) for field in fields]
    return lambda columns: polars.DataFrame([make(values) for make, values in zip(makers, columns, strict=True)])


def _polars_series(fields: list[Field]) -> Fill:
    make = polars_series(fields[0])
    return lambda columns: make(columns[0])


ONE_COLUMN = frozenset({"values", "vector", "series", "polars_series"})
"""The containers of exactly one column, whose values stand alone in a request."""

CONTAINERS: dict[str, Callable[[list[Field]], Fill]] = {
    "numpy": _numpy,
    "pandas": _pandas,
    "polars": _polars,
    "lists": _lists,
    "dicts": _dicts,
    "columns": _columns,
    "values": _values,
    "arrays": _arrays,
    "vector": _vector,
    "series": _series,
    "polars_series": _polars_series,
}
"""The signature's container → what fills it."""
