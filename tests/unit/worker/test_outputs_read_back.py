"""Random answers of every kind in every container that can hold them: the caller reads the values back, in JSON and in Arrow."""

import collections
import copy
import dataclasses
import datetime
import decimal
import json
import math
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pydantic
import pytest
from hypothesis import HealthCheck, given, settings

from tests.support.long import LONG
from tests.support.protocols import engine_of
from unshelf.client.predict import with_bytes
from unshelf.contracts.protocols.frames import ARROW, NATIVE
from unshelf.worker.engine import Engine
from unshelf.worker.outputs import BatchOutputs, describe_outputs

# `make test-long` draws others each time, and more of them, for pandas 2 and 3.
MANY = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=not LONG)
INPUTS = {"kind": "columns", "container": "values", "columns": [{"name": "row", "type": "int64"}]}


class Kind(NamedTuple):
    """A kind of values: how they are drawn, what the caller reads, and the types that libraries have for it."""

    values: st.SearchStrategy[Any]
    read: Callable[[Any], Any] = lambda value: value
    numpy: str = ""
    pandas: str = ""
    polars: Any = None
    arrow: Any = None


def _number(value: float) -> Any:
    if math.isfinite(value):
        return float(value)
    return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


_moments = st.datetimes(datetime.datetime.fromisoformat("1700-01-01"), datetime.datetime.fromisoformat("2200-01-01"))
KINDS = {
    "int64": Kind(st.integers(-(2**63), 2**63 - 1), int, "int64", "Int64", pl.Int64, pa.int64()),
    "uint64": Kind(st.integers(0, 2**64 - 1), int, "uint64", "UInt64", pl.UInt64, pa.uint64()),
    "large": Kind(st.integers(2**64, 10**300), int),
    "float64": Kind(st.floats(), _number, "float64", "float64", pl.Float64, pa.float64()),
    "float32": Kind(st.floats(width=32), _number, "float32", "float32", pl.Float32, pa.float32()),
    "longdouble": Kind(st.floats(), _number, "longdouble"),
    "bool": Kind(st.booleans(), bool, "bool", "boolean", pl.Boolean, pa.bool_()),
    "text": Kind(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), str, "U", "str", pl.String, pa.string()),
    "bytes": Kind(st.binary(min_size=1).filter(lambda value: value[-1]), bytes, "S", "object", pl.Binary, pa.binary()),
    "moment": Kind(_moments, lambda value: value.isoformat(), "datetime64[us]", "datetime64[us]", pl.Datetime("us"), pa.timestamp("us")),
    "date": Kind(
        st.dates(datetime.date(1700, 1, 1), datetime.date(2200, 1, 1)), lambda value: value.isoformat(), "datetime64[D]", "object", pl.Date,
        pa.date32(),
    ),
    "decimal": Kind(st.decimals(allow_nan=False, allow_infinity=False, places=2, max_value=10**9, min_value=0), str, "", "object",
                    pl.Decimal(20, 2), pa.decimal128(20, 2)),
    "uuid": Kind(st.uuids(), str),
    "list": Kind(st.lists(st.integers(-9, 9), max_size=3), list, "", "object", pl.List(pl.Int64), pa.list_(pa.int64())),
}  # fmt: skip
"""`\\x00` ends a text of NumPy, and so it does bytes."""


@dataclasses.dataclass
class Row:
    value: Any


class Model(pydantic.BaseModel):
    value: Any


class Pair(NamedTuple):
    value: Any


def _numpy(kind: Kind, values: list[Any]) -> Any:
    return np.array(values, kind.numpy) if kind.numpy and None not in values and values else None


def _masked(kind: Kind, values: list[Any]) -> Any:
    if kind.numpy not in ("int64", "uint64", "float64", "bool") or None not in values:
        return None
    return np.ma.array(
        [value if value is not None else 1 for value in values], kind.numpy, mask=[value is None for value in values]
    )


def _series(kind: Kind, values: list[Any]) -> Any:
    return pd.Series(values, dtype=kind.pandas) if kind.pandas else None


def _polars(kind: Kind, values: list[Any]) -> Any:
    return pl.Series("value", values, dtype=kind.polars) if kind.polars is not None else None


def _arrow(kind: Kind, values: list[Any]) -> Any:
    return pa.array(values, kind.arrow) if kind.arrow is not None else None


def _objects(_: Kind, values: list[Any]) -> Any:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _arrow_backed(kind: Kind, values: list[Any]) -> Any:
    return None if kind.arrow is None else pd.Series(pd.array(values, dtype=pd.ArrowDtype(kind.arrow)))


BARE: dict[str, Callable[[Kind, list[Any]], Any]] = {
    "list": lambda _, values: values,
    "tuple": lambda _, values: tuple(values),
    "map": lambda _, values: map(copy.copy, values),
    "generator": lambda _, values: (value for value in values),
    "deque": lambda _, values: collections.deque(values),
    "dict values": lambda _, values: dict(enumerate(values)).values(),
    "array": _numpy,
    "array of objects": _objects,
    "masked array": _masked,
    "pandas Series": _series,
    "pandas Series of Arrow": _arrow_backed,
    "pandas array": lambda kind, values: None if (series := _series(kind, values)) is None else series.array,
    "polars Series": _polars,
    "Arrow array": _arrow,
    "Arrow chunks": lambda kind, values: (
        None if kind.arrow is None else pa.chunked_array([values[:1], values[1:]], kind.arrow)
    ),
}
NAMED: dict[str, Callable[[Any], Any]] = {
    "dict of columns": lambda values: {"value": values},
    "UserDict of columns": lambda values: collections.UserDict(value=values),
    "namedtuple of columns": Pair,
    "dataclass of columns": Row,
}
ROWS: dict[str, Callable[[Any], Any]] = {
    "dict": lambda value: {"value": value},
    "dataclass": Row,
    "pydantic": lambda value: Model(value=value),
    "namedtuple": Pair,
}


def frames(kind: Kind, values: list[Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    if (series := _series(kind, values)) is not None:
        found.append(("pandas DataFrame", pd.DataFrame({"value": series})))
    if (column := _polars(kind, values)) is not None:
        found.append(("polars DataFrame", pl.DataFrame([column])))
    if (array := _arrow(kind, values)) is not None:
        found.append(("Arrow table", pa.table({"value": array})))
    if (plain := _numpy(kind, values)) is not None:
        structured = np.empty(len(values), [("value", plain.dtype)])
        structured["value"] = plain
        found.append(("structured array", structured))
    return found


def answers(kind: Kind, values: list[Any]) -> list[tuple[str, Callable[[], Any], bool]]:
    """Container → what makes the answer in it, and whether its outputs have a name."""
    found: list[tuple[str, Callable[[], Any], bool]] = []
    for name, make in BARE.items():
        if make(kind, values) is not None:
            found.append((name, partial(make, kind, values), False))
    for name, around in NAMED.items():
        held = {inner: BARE[inner](kind, values) for inner in ("list", "array", "pandas Series")}
        found += [
            (f"{name} as {inner}", partial(around, each), True) for inner, each in held.items() if each is not None
        ]
    found += [(f"list of {name}", partial(_each, make, values), True) for name, make in ROWS.items()]
    return found + [(name, partial(lambda frame: frame, frame), True) for name, frame in frames(kind, values)]


def _each(make: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    return [make(value) for value in values]


def serving(make: Callable[[], Any], rows: int) -> Engine:
    """An engine of a version whose check saw this answer."""
    return engine_of(INPUTS, lambda _: make(), outputs=describe_outputs(BatchOutputs(make(), rows)))


def as_the_sdk_reads(engine: Engine, rows: int) -> Any:
    part, context = engine.read(NATIVE, json.dumps({"inputs": list(range(rows))}).encode())
    payload, _ = engine._protocols[NATIVE].write(engine.predict([part], rows), 0, rows, context)
    text = payload.decode()
    marks = [name for name, kind in engine._declared.items() if kind == "bytes"]
    return with_bytes(json.loads(text, parse_constant=lambda name: pytest.fail(f"bare {name}")), marks)


def same(found: Any, wanted: Any) -> bool:
    return type(found) is type(wanted) and found == wanted


@pytest.mark.parametrize("name", KINDS)
@settings(MANY, max_examples=100 if LONG else 12)
@given(data=st.data())
def test_the_caller_reads_back_what_the_model_returned(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    values = data.draw(st.lists(kind.values | st.none(), min_size=1, max_size=4))
    if all(value is None for value in values):
        values[0] = data.draw(kind.values)
    wanted = [None if value is None else kind.read(value) for value in values]
    for container, make, named in answers(kind, values):
        found = as_the_sdk_reads(serving(make, len(values)), len(values))
        if named:
            assert all(row.keys() == {"value"} for row in found), container
            found = [row["value"] for row in found]
        assert len(found) == len(wanted), container
        assert all(map(same, found, wanted)), f"{container} of {values!r}: {found!r}"


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.arrow is not None])
@settings(MANY, max_examples=60 if LONG else 8)
@given(data=st.data())
def test_a_caller_of_arrow_reads_them_back_too(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    values = data.draw(st.lists(kind.values, min_size=1, max_size=4))
    sink = pa.BufferOutputStream()
    request = pa.table({"row": list(range(len(values)))})
    with pa.ipc.new_stream(sink, request.schema) as writer:
        writer.write(request)
    for container, make, named in answers(kind, values):
        engine = serving(make, len(values))
        part, context = engine.read(ARROW, sink.getvalue().to_pybytes(), 1)
        payload, _ = engine._protocols[ARROW].write(engine.predict([part], len(values)), 0, len(values), context)
        column = pa.ipc.open_stream(payload).read_all()["value" if named else "output"]
        assert len(column) == len(values), container
        assert all(map(equal_in_arrow, column.to_pylist(), values)), (
            f"{container} of {values!r}: {column.to_pylist()!r}"
        )


def equal_in_arrow(found: Any, given: Any) -> bool:
    """Whether Arrow gave the value: moments as timestamps, decimals and other words as texts."""
    if isinstance(given, float):
        return found == given or (math.isnan(given) and (found is None or math.isnan(found)))  # pandas of Arrow: null
    if isinstance(given, datetime.date) and not isinstance(given, datetime.datetime):
        return found in (given, datetime.datetime.combine(given, datetime.time()))
    if isinstance(given, decimal.Decimal | uuid.UUID):
        return bool(found == str(given))
    return bool(found == given)
