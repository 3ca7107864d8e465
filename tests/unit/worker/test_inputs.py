"""What the model gets is what it was given in its example: random data of every type, through every form of request."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import data_columns as drawn
from tests.support.long import LONG
from unshelf.client.data.arrow import table_of
from unshelf.client.data.rows import as_rows, as_values, encode_inputs
from unshelf.client.data.signatures import infer
from unshelf.contracts.signature import V2_DATATYPES
from unshelf.worker.encoding.v2_tensor import V2Tensor
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory
from unshelf.worker.inputs.request_inputs import Inputs

# `make test-long` draws others each time, and more of them, for pandas 2 and 3.
MANY = settings(
    max_examples=100 if LONG else 10, derandomize=not LONG, deadline=None, suppress_health_check=list(HealthCheck)
)
NAMES = st.sampled_from(["age", "Größe", "a b", "0", "x.y", "index", "", "nan"]) | drawn.TEXTS
LABELS = {
    "texts": NAMES,
    "integers": st.integers(-3, 9),
    "tuples": st.tuples(NAMES, st.integers(0, 2)),
    "floats": st.sampled_from([0.5, 1.0, -2.25]),
}


def same(one: Any, other: Any) -> bool:
    """Whether two cells are the same thing: of one type, and of one value; NaN is NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one is other or one == other or (one != one and other != other)  # noqa: PLR0124


def assert_same_series(got: Any, wanted: Any) -> None:
    assert got.dtype == wanted.dtype
    if got.dtype == object:
        pairs = list(zip(got, wanted, strict=True))
        assert all(same(a, b) for a, b in pairs), pairs
    else:
        assert got.isna().tolist() == wanted.isna().tolist()
        assert got.dropna().tolist() == wanted.dropna().tolist()
    if isinstance(wanted.dtype, pd.CategoricalDtype):
        assert got.dtype.categories.dtype == wanted.dtype.categories.dtype
        assert got.cat.codes.tolist() == wanted.cat.codes.tolist()


def assert_same_frame(got: Any, wanted: Any) -> None:
    assert type(got) is type(wanted)
    assert got.columns.nlevels == wanted.columns.nlevels
    assert list(map(repr, got.columns)) == list(map(repr, wanted.columns))
    assert len(got) == len(wanted)
    for place in range(wanted.shape[1]):
        assert_same_series(got.iloc[:, place], wanted.iloc[:, place])


def planned(example: Any, **how: Any) -> tuple[dict[str, Any], Inputs]:
    """The signature as a manifest brings it to a worker, and the worker's reader."""
    fields = json.loads(msgspec.json.encode(infer(example, **how).inputs))
    return fields, plan_inputs(fields, ArrayMemory())


def served(inputs: Inputs, read: Callable[[], Any]) -> Any:
    return inputs.build([read()])


def through_json(example: Any, inputs: Inputs) -> Any:
    return served(inputs, lambda: inputs.from_rows(json.loads(encode_inputs(example))["inputs"]))


def by_column(example: Any) -> dict[str, Any]:
    """The columns as JSON has them, by name."""
    rows = json.loads(msgspec.json.encode(as_rows(example)))
    return {name: [row[name] for row in rows] for name in rows[0]}


def v2_tensors(fields: dict[str, Any], columns: dict[str, list[Any]]) -> list[V2Tensor]:
    tensors = []
    for column in fields["columns"]:
        values = columns[column["name"]]
        if column["type"] == "json":
            values = [None if value is None else json.dumps(value) for value in values]
        tensors.append(V2Tensor(column["name"], V2_DATATYPES[column["type"]], [len(values)], values=values))
    return tensors


def csv_fields(fields: dict[str, Any], columns: dict[str, list[Any]]) -> list[list[str]]:
    types = [column["type"] for column in fields["columns"]]
    texts = [
        ["" if v is None else v if isinstance(v, str) and kind != "json" else json.dumps(v) for v in columns[column["name"]]]
        for kind, column in zip(types, fields["columns"], strict=True)
    ]  # fmt: skip
    return [list(row) for row in zip(*texts, strict=True)]


@st.composite
def frames(draw: Any, *, kinds: list[str] | None = None, labels: str | None = None) -> pd.DataFrame:
    rows = draw(st.integers(1, 4))
    chosen = draw(st.lists(st.sampled_from(kinds or list(drawn.PANDAS)), min_size=1, max_size=3))
    of = LABELS[labels or draw(st.sampled_from(list(LABELS)))]
    names = draw(st.lists(of, min_size=len(chosen), max_size=len(chosen), unique_by=str))
    frame = pd.DataFrame({place: drawn.PANDAS[kind](draw, rows) for place, kind in enumerate(chosen)})
    frame.columns = pd.MultiIndex.from_tuples(names) if isinstance(names[0], tuple) else pd.Index(names)
    return frame


@pytest.mark.parametrize("kind", drawn.PANDAS)
@settings(MANY, max_examples=50 if LONG else 5)
@given(data=st.data())
def test_a_column_of_pandas_is_what_it_was(kind: str, data: st.DataObject) -> None:
    frame = data.draw(frames(kinds=[kind], labels="texts"))
    _, inputs = planned(frame)
    assert_same_frame(through_json(frame, inputs), frame)
    table = table_of(frame)
    if table is not None:
        assert_same_frame(served(inputs, lambda: inputs.from_arrow(table)), frame)


@MANY
@given(frame=frames())
def test_a_frame_is_what_it_was_through_every_form_of_request(frame: pd.DataFrame) -> None:
    fields, inputs = planned(frame)
    columns, names = by_column(frame), [str(label) for label in frame.columns]
    arrays = [list(row) for row in zip(*columns.values(), strict=True)]
    assert_same_frame(through_json(frame, inputs), frame)
    assert_same_frame(served(inputs, lambda: inputs.from_rows(arrays)), frame)
    assert_same_frame(served(inputs, lambda: inputs.from_columns(columns)), frame)
    assert_same_frame(served(inputs, lambda: inputs.from_split(names, arrays)), frame)
    assert_same_frame(served(inputs, lambda: inputs.from_tensors(v2_tensors(fields, columns))), frame)
    assert_same_frame(served(inputs, lambda: inputs.from_text(names, csv_fields(fields, columns))), frame)
    table = table_of(frame)
    if table is not None:
        assert_same_frame(served(inputs, lambda: inputs.from_arrow(table)), frame)
        parts = [inputs.from_arrow(table), inputs.from_arrow(table)]
        assert_same_frame(inputs.build(parts).iloc[len(frame) :], frame)
    parts = [inputs.from_rows(arrays), inputs.from_columns(columns)]
    assert_same_frame(inputs.build(parts).iloc[len(frame) :], frame)


@MANY
@given(data=st.data(), name=st.none() | NAMES | st.integers(0, 3))
def test_a_series_is_one(data: st.DataObject, name: Any) -> None:
    series = data.draw(frames(labels="texts")).iloc[:, 0]
    series.name = name
    _, inputs = planned(series)
    got = through_json(series, inputs)
    assert type(got) is type(series)
    assert same(got.name, name)
    assert_same_series(got, series)


@st.composite
def arrays(draw: Any) -> Any:
    """A column of NumPy's."""
    n = draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["number", "big-endian", "text", "moment", "duration", "objects", "bool"]))
    if kind == "text":
        return np.array(drawn.lists(draw, n, drawn.WORDS))
    if kind == "bool":
        return np.array(drawn.lists(draw, n, st.booleans()))
    if kind == "objects":
        of = draw(st.sampled_from([drawn.WORDS, drawn.whole("int64"), st.dates(), st.binary(), drawn.JSON]))
        return drawn.objects(drawn.lists(draw, n, of, None, np.nan)).to_numpy()
    if kind in ("moment", "duration"):
        unit = draw(st.sampled_from(list(drawn.UNITS)))
        return drawn.moments(draw, n, unit, letter="M" if kind == "moment" else "m")
    dtype = draw(st.sampled_from([*drawn.INTEGERS, "float16", "float32", "float64"]))
    array = drawn._numbers(draw, n, dtype).to_numpy()
    return array.astype(array.dtype.newbyteorder(">")) if kind == "big-endian" else array


def assert_same_array(got: Any, wanted: Any) -> None:
    assert type(got) is np.ndarray
    assert got.shape == wanted.shape
    assert got.dtype == wanted.dtype or got.dtype.kind == wanted.dtype.kind == "U"
    assert all(same(a, b) for a, b in zip(got.ravel().tolist(), wanted.ravel().tolist(), strict=True)), (got, wanted)


@MANY
@given(array=arrays(), width=st.integers(1, 3))
def test_arrays_of_numpy_are_what_they_were(array: Any, width: int) -> None:
    _, inputs = planned(array)
    assert_same_array(through_json(array, inputs), array)
    matrix = np.column_stack([array] * width).astype(array.dtype)
    _, inputs = planned(matrix)
    assert_same_array(through_json(matrix, inputs), matrix)
    by_name = {"a": array, 7: array[::-1].copy()}
    _, inputs = planned(by_name)
    got = through_json(by_name, inputs)
    assert list(got) == ["a", 7]
    for name, values in by_name.items():
        assert_same_array(got[name], values)


@MANY
@given(array=arrays().filter(lambda array: array.dtype.kind not in "OMm"))
def test_tensors_are_what_they_were(array: Any) -> None:
    cube = np.stack([array, array]).reshape(2, 1, -1)
    _, inputs = planned(cube)
    if array.dtype.kind == "f":
        cube = np.nan_to_num(cube)
    assert_same_array(through_json(cube, inputs), cube)
    _, inputs = planned({"only": cube})
    (got,) = through_json({"only": cube}, inputs).items()
    assert got[0] == "only"
    assert_same_array(got[1], cube)


POLARS: dict[str, Callable[[Any, int], Any]] = {
    "number": lambda draw, n: pl.Series(
        drawn._numbers(draw, n, draw(st.sampled_from(["int8", "uint64", "float32", "float64"]))).to_numpy()
    ),
    "gaps": lambda draw, n: pl.Series(
        drawn.lists(draw, n, draw(st.sampled_from([drawn.whole("int64"), st.booleans(), drawn.WORDS])), None)
    ),
    "binary": lambda draw, n: pl.Series(drawn.lists(draw, n, st.binary(max_size=9), None), dtype=pl.Binary),
    "null floats": lambda draw, n: pl.Series(drawn.lists(draw, n, drawn.floats(gaps=False), None), dtype=pl.Float64),
    "date": lambda draw, n: pl.Series(drawn.lists(draw, n, st.dates(), None), dtype=pl.Date),
    "moment": lambda draw, n: _polars_moments(draw, n, pl.Datetime, draw(st.sampled_from([None, *drawn.ZONES]))),
    "duration": lambda draw, n: _polars_moments(draw, n, pl.Duration),
    "category": lambda draw, n: pl.Series(
        drawn.lists(draw, n, st.sampled_from(["a", "b"]), None),
        dtype=draw(st.sampled_from([pl.Categorical, pl.Enum(["b", "c", "a"])])),
    ),
    "list": lambda draw, n: pl.Series(
        drawn.lists(draw, n, st.lists(drawn.whole("int8"), max_size=3), None),
        dtype=draw(st.sampled_from([pl.List(pl.Int16), pl.List(pl.Float64)])),
    ),
    "array": lambda draw, n: pl.Series(
        drawn.lists(draw, n, st.lists(drawn.floats(32, gaps=False).filter(np.isfinite), min_size=2, max_size=2)),
        dtype=pl.Array(pl.Float32, 2),
    ),
    "struct": lambda draw, n: pl.Series(
        drawn.lists(draw, n, st.fixed_dictionaries({"a": drawn.whole("int8"), "b": drawn.WORDS})),
        dtype=pl.Struct({"a": pl.Int8, "b": pl.String}),
    ),
}


def _polars_moments(draw: Any, n: int, kind: Any, *zone: Any) -> Any:
    unit = draw(st.sampled_from(["ms", "us", "ns"]))
    return pl.Series(drawn.lists(draw, n, drawn.counts(unit), None), dtype=pl.Int64).cast(kind(unit, *zone))


@pytest.mark.parametrize("kind", POLARS)
@settings(MANY, max_examples=50 if LONG else 5)
@given(data=st.data(), name=NAMES)
def test_polars_is_what_it_was(kind: str, data: st.DataObject, name: str) -> None:
    series = POLARS[kind](data.draw, data.draw(st.integers(1, 4))).alias(name)
    frame = pl.DataFrame([series, pl.Series("beside", [1.5] * len(series))])
    _, inputs = planned(frame)
    for got in (through_json(frame, inputs), served(inputs, lambda: inputs.from_arrow(table_of(frame)))):
        assert got.schema == frame.schema
        assert got.equals(frame, null_equal=True)
    _, inputs = planned(series)
    got = through_json(series, inputs)
    assert (got.name, got.dtype) == (name, series.dtype)
    assert got.equals(series, null_equal=True)


@MANY
@given(data=st.data())
def test_python_s_own_values_are_what_they_were(data: st.DataObject) -> None:
    of = data.draw(st.sampled_from([
        drawn.whole("int64"), st.booleans(), drawn.floats(gaps=False), drawn.WORDS, st.dates(), st.timedeltas(),
        st.binary(), st.datetimes(), drawn.zone_datetimes(), drawn.JSON.filter(lambda value: not isinstance(value, dict)),
    ]))  # fmt: skip
    values = drawn.lists(data.draw, 3, of, None)
    for example in ({"a": values}, [{"a": value, 3: value} for value in values], [[value, value] for value in values]):
        _, inputs = planned(example)
        assert same(through_json(example, inputs), example)
    if not any(isinstance(value, list) for value in values):
        _, inputs = planned(values)
        assert same(through_json(values, inputs), values)


def test_as_values_of_a_column_are_the_rows_of_its_frame() -> None:
    series = pd.Series([1.5, None], name="x")
    assert as_values(series)[0] == as_rows(series.to_frame())[0]["x"]
