"""Columns of pandas: each as a Series of the type that the signature names, from checked values or counts of a unit."""

import datetime
import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any

from ...encoding.types import FLOATS
from ..moments import Moments, python_moments
from .numpy_columns import NO_TIME, count_array

MakeSeries = Callable[[Sequence[Any]], Any]
ARROW = "arrow:"
"""The beginning of a dtype that pandas keeps in Arrow's memory; Arrow's own name of the type follows."""


def labels_of(fields: list[dict[str, Any]]) -> Any:
    """The labels of a frame's columns: their names, unless the model knows them by something else than text."""
    pandas: Any = importlib.import_module("pandas")
    labels = [label_of(field) for field in fields]
    if all(isinstance(label, tuple) for label in labels):
        return pandas.MultiIndex.from_tuples(labels)
    return pandas.Index(labels, tupleize_cols=False)


def label_of(field: dict[str, Any]) -> Any:
    """The label by which the model knows a column."""
    label = field.get("label", field["name"])
    return tuple(label) if isinstance(label, list) else label


def moments_for_pandas(field: dict[str, Any]) -> Moments:
    """How datetimes and durations of a column are read: as counts, unless its Series holds Python's own."""
    if field.get("dtype") == "object":
        return python_moments(field)
    pandas: Any = importlib.import_module("pandas")
    kind = (
        pandas.to_datetime([datetime.datetime(2000, 1, 1)]).dtype  # noqa: DTZ001 - without a zone
        if field["type"] == "datetime"
        else pandas.to_timedelta(["1s"]).dtype
    )
    return Moments(field, str(kind), None)


def pandas_series(field: dict[str, Any]) -> MakeSeries:
    """Return what makes the Series of a column."""
    pandas: Any = importlib.import_module("pandas")
    numpy: Any = importlib.import_module("numpy")
    name, dtype = field["type"], field.get("dtype")
    if field.get("categories") is not None:
        make, codes = pandas_categorical(field), {value: code for code, value in enumerate(field["categories"])}
        return lambda values: make([codes.get(value, -1) for value in values])
    if dtype == "object" or (dtype is None and name in ("bytes", "json")):
        return lambda values: pandas.Series(_objects(numpy, values), dtype=object)
    if name in ("datetime", "duration"):
        return _moments(pandas, moments_for_pandas(field), field)
    if dtype is None:
        return _usual(pandas, numpy, field)
    if dtype.startswith(ARROW):
        kind = arrow_type(dtype.removeprefix(ARROW))
        return lambda values: _arrow_series(pandas, values, kind)
    kind = _pandas_type(pandas, dtype)
    if isinstance(kind, numpy.dtype):
        return lambda values: pandas.Series(numpy.array(values, dtype=kind))
    return lambda values: pandas.Series(pandas.array(list(values), dtype=kind))


def arrow_type(name: str) -> Any:
    """Arrow's type of this name. Raises ValueError for one that the signature can't hold."""
    pyarrow: Any = importlib.import_module("pyarrow")
    kind, _, rest = name.partition("[")
    if kind == "timestamp":
        unit, _, zone = rest.rstrip("]").partition(", tz=")
        return pyarrow.timestamp(unit, zone or None)
    return pyarrow.type_for_alias(name)


def _usual(pandas: Any, numpy: Any, field: dict[str, Any]) -> MakeSeries:
    name = field["type"]
    if name == "string":
        text = pandas.Series(["text"]).dtype  # object in pandas 2, str from 3 on: what training data had
        return lambda values: pandas.Series(list(values), dtype=text)
    if field.get("nullable") and name not in FLOATS:  # pandas' own nullable types: Int64, UInt8, boolean …
        own = "boolean" if name == "bool" else name.replace("int", "Int").replace("uI", "UI")
        return lambda values: pandas.Series(list(values), dtype=own)
    return lambda values: pandas.Series(numpy.array(values, dtype=name))


def pandas_categorical(field: dict[str, Any]) -> MakeSeries:
    """Return what makes the Series of a categorical from its codes; -1 where one is missing."""
    pandas: Any = importlib.import_module("pandas")
    categories = field["categories"]
    index = pandas.Index(categories, dtype=_pandas_type(pandas, field["dtype"]) if field.get("dtype") else None)
    kind = pandas.CategoricalDtype(index, ordered=field.get("ordered", False))
    return lambda codes: pandas.Series(pandas.Categorical.from_codes(codes, dtype=kind))


def _moments(pandas: Any, moments: Moments, field: dict[str, Any]) -> MakeSeries:
    dtype = field.get("dtype") or ""
    if dtype.startswith(ARROW):
        kind = arrow_type(dtype.removeprefix(ARROW))
        return lambda counts: _arrow_series(pandas, counts, kind)
    letter = "M8" if field["type"] == "datetime" else "m8"

    def series(counts: Sequence[Any]) -> Any:
        made = pandas.Series(count_array(counts).view(f"{letter}[{moments.unit}]"))
        return made if moments.zone is None else made.dt.tz_localize("UTC").dt.tz_convert(moments.zone)

    return series


def _arrow_series(pandas: Any, values: Sequence[Any], kind: Any) -> Any:
    pyarrow: Any = importlib.import_module("pyarrow")
    types = pyarrow.types
    if types.is_temporal(kind):
        counts = count_array(values)
        array = pyarrow.array(counts, pyarrow.int64(), mask=counts == NO_TIME)
        array = (array.cast(pyarrow.int32()) if types.is_date32(kind) else array).cast(kind)
    else:
        array = pyarrow.array(list(values), kind)
    return pandas.Series(pandas.arrays.ArrowExtensionArray(array))


def _pandas_type(pandas: Any, dtype: str) -> Any:
    if dtype == "str" and hasattr(pandas.Series(["text"]).dtype, "na_value"):
        return pandas.StringDtype(na_value=math.nan)
    return pandas.api.types.pandas_dtype(dtype)


def _objects(numpy: Any, values: Sequence[Any]) -> Any:
    """An array of objects, cell by cell: NumPy would spread values that are lists or arrays themselves."""
    array = numpy.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        array[place] = value
    return array
