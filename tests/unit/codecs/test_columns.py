"""Typed columns: many bodies at once give the same values as each alone, whatever is in them; the usual ones are read at once."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.segments import on_sheets, record
from unshelf.codecs.body import Values
from unshelf.codecs.columns import ANSWERS, REQUESTS, TypedColumns, types_of
from unshelf.codecs.decoding import inputs_of, outputs_of
from unshelf.codecs.forms import Form, forms_of_requests
from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.signature import Column, Columns, Tensor, Tensors


def array(values: list[str]) -> str:
    return f"[{', '.join(values)}]"


def obj(members: list[tuple[str, str]]) -> str:
    """An object; its members may be there twice."""
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members) + "}"


TYPES = ("float64", "float32", "int64", "uint8", "uint64", "bool", "string", "datetime", "json")
NAMES = ("x", "who", "é", "a\n")
PARTS = st.one_of(
    st.lists(st.sampled_from(TYPES), min_size=1, max_size=4).map(
        lambda types: Columns(
            columns=[Column(name=name, type=each) for name, each in zip(NAMES, types, strict=False)]  # type: ignore[arg-type]
        )
    ),
    st.lists(st.tuples(st.sampled_from(TYPES[:-2]), st.integers(0, 2)), min_size=1, max_size=4).map(
        lambda entries: Tensors(
            tensors=[
                Tensor(name=name, type=kind, shape=[-1] * (1 + rank))  # type: ignore[arg-type]
                for name, (kind, rank) in zip(NAMES, entries, strict=False)
            ]
        )
    ),
)
NUMBERS = (
    "0", "1", "-1", "5.1", "1.0", "-0", "-0.0", "1e3", "1E-3", "2.5e+1", "1e18", "1e19", "1e400", "-1e-400", "5e-324", "1e308",
    "1.7976931348623159e308", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "18446744073709551615", "18446744073709551617", "123456789012345678901234567890",
    "1" + "0" * 308, "1" + "0" * 309, "0.1000000000000000055511151231257827", "01", "1.", "+1", "NaN",
)  # fmt: skip
TEXTS = (
    '""',
    '"a"',
    '"5.1"',
    '"nan"',
    '"true"',
    '"2026-01-01"',
    r'"\u00e9\n"',
    '"é😀"',
    r'"\ud800"',
    '"a\\u0000b"',
    '"[redacted]"',
)
FITTING = {
    "bool": ("true", "false", "null"),
    "string": TEXTS[:2],
    "datetime": TEXTS[5:6],
    "json": ("[1]", "{}", "null", "3"),
}
SCALARS = st.sampled_from((*NUMBERS, *TEXTS, "true", "false", "null"))
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(array)
        | st.lists(st.tuples(st.sampled_from((*NAMES, "z")), inner), max_size=3).map(obj)
    ),
    max_leaves=4,
)


def entries_of(part: Columns | Tensors) -> list[tuple[str, str, int]]:
    """Name, type and how deep a value is nested in a row."""
    if isinstance(part, Columns):
        return [(column.name, column.type, 0) for column in part.columns]
    return [(tensor.name, tensor.type, len(tensor.shape) - 1) for tensor in part.tensors]


@st.composite
def a_value(draw: st.DrawFn, kind: str, depth: int) -> str:
    """A value of an entry; one in twenty is something else."""
    if draw(st.integers(0, 19)) == 0:
        return draw(JUNK)
    if depth:
        return array(draw(st.lists(a_value(kind, depth - 1), max_size=3)))
    return draw(
        st.sampled_from(FITTING.get(kind, ("3", "0", "-7", "null") if "int" in kind else ("5.1", "-0.0", "3", "null")))
    )


@st.composite
def rows(draw: st.DrawFn, part: Columns | Tensors) -> str:
    entries = entries_of(part)
    written = draw(st.sampled_from(("arrays", "objects", "bare", "mixed")))
    made = []
    for _ in range(draw(st.integers(0, 3))):
        form = draw(st.sampled_from(("arrays", "objects", "bare"))) if written == "mixed" else written
        values = [draw(a_value(kind, depth)) for _, kind, depth in entries]
        if form == "objects":
            members = [(name, value) for (name, _, _), value in zip(entries, values, strict=True)]
            if draw(st.integers(0, 9)) == 0:  # missing, surplus and doubled names
                members = draw(st.lists(st.sampled_from([*members, ("z", "1"), ("x", "null")]), max_size=4))
            made.append(obj(members))
        else:
            made.append(values[0] if form == "bare" else array(values))
    return array(made)


@st.composite
def tensors(draw: st.DrawFn, part: Columns | Tensors) -> str:
    entries = entries_of(part)
    if draw(st.booleans()):
        data = draw(st.lists(a_value(entries[0][1], 0), max_size=6))
        named = [(draw(st.sampled_from(("input", "x"))), array(data))]
    else:
        named = [(name, array(draw(st.lists(a_value(kind, 0), max_size=3)))) for name, kind, _ in entries]
        if draw(st.integers(0, 9)) == 0:
            named = draw(st.lists(st.sampled_from(named), max_size=3))
    written = [
        [("name", json.dumps(name)), ("shape", "[1]"), ("datatype", '"FP64"'), ("data", data)] for name, data in named
    ]
    return array([obj(each) for each in written])


@st.composite
def bodies(draw: st.DrawFn, part: Columns | Tensors, protocol: str, *, asked: bool) -> bytes:
    """A body; one in ten has members more, or is broken."""
    if protocol in ("v2", "grpc"):
        members = [("inputs" if asked else "outputs", draw(tensors(part)))]
    elif protocol == "mlflow" and asked:
        form = draw(st.sampled_from(("inputs", "instances", "dataframe_records", "dataframe_split", "columns")))
        names = [name for name, _, _ in entries_of(part)]
        data = draw(rows(part))
        if form == "dataframe_split":
            names = draw(st.sampled_from((names, names[::-1], [*names, "z"])))
            data = obj([("columns", json.dumps(names)), ("data", data)])
        elif form == "columns":
            columns = [
                (name, array(draw(st.lists(a_value(kind, 0), max_size=3)))) for name, kind, _ in entries_of(part)
            ]
            form, data = "inputs", obj(columns)
        members = [(form, data)]
    else:
        members = [("inputs" if asked else "predictions", draw(rows(part)))]
    whole = draw(rows(part)) if protocol == "native" and not asked else obj(members)
    odd = draw(st.integers(0, 19))
    if odd == 0:
        whole = obj(
            [
                *members,
                draw(st.sampled_from([("id", "1e999"), ("z", "1"), ("params", "{}"), ("instances", "[]"), *members])),
            ]
        )
    elif odd == 1:
        whole = draw(JUNK)
    elif odd == 2:
        whole = whole[: draw(st.integers(0, len(whole)))]
    return whole.encode("utf-8", "surrogatepass")


@st.composite
def predictions(draw: st.DrawFn) -> tuple[Columns | Tensors, Columns | Tensors, list[PredictionRecord]]:
    inputs, outputs = draw(PARTS), draw(PARTS)
    records = []
    for number in range(draw(st.integers(1, 8))):
        protocol = draw(st.sampled_from(("native", "native", "mlflow", "v2", "grpc", "arrow")))
        records.append(
            record(
                number,
                protocol=protocol,
                status=draw(st.sampled_from((200, 200, 200, 422))),
                content_type=draw(st.sampled_from(("application/json", "application/json", "Text/CSV"))),
                input=draw(bodies(inputs, protocol, asked=True)),
                input_header=draw(st.sampled_from((0, 0, 0, 5))),
                output=draw(bodies(outputs, protocol, asked=False)),
                output_header=draw(st.sampled_from((0, 0, 0, 5))),
            )
        )
    return inputs, outputs, records


def told(arrays: list[Any]) -> list[str]:
    """Arrays as text, in which -0.0 is not 0.0 and 1 is not 1.0."""
    for each in arrays:
        each.validate(full=True)
    return [f"{each.type} {each.to_pylist()}" for each in arrays]


def one_by_one(part: Columns | Tensors, values: list[Values | None]) -> list[str]:
    return told([
        pa.array([None if each is None else each.get(name) for each in values], pa.list_(kind))
        for name, kind in types_of(part).items()
    ])  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(predictions())
def test_many_at_once_give_what_each_alone_gives(
    made: tuple[Columns | Tensors, Columns | Tensors, list[PredictionRecord]],
) -> None:
    inputs, outputs, records = made
    asked = [inputs_of(each, inputs) for each in records]
    answered = [outputs_of(each, outputs) for each in records]

    assert told(TypedColumns(inputs, REQUESTS, worth=0).arrays(on_sheets(records))) == one_by_one(inputs, asked)
    assert told(TypedColumns(outputs, ANSWERS, worth=0).arrays(on_sheets(records))) == one_by_one(outputs, answered)


ONE = Columns(columns=[Column(name="x", type="float64")])


def test_no_decoders_are_made_for_a_few_bodies_but_for_many_even_when_they_come_a_few_at_a_time() -> None:
    made: list[str] = []

    def forms(part: Columns | Tensors, protocol: str) -> list[Form]:
        made.append(protocol)
        return forms_of_requests(part, protocol)

    columns = TypedColumns(ONE, REQUESTS._replace(forms=forms), worth=100)
    few = on_sheets(record(n, input=b'{"inputs": [[1]]}') for n in range(3))

    assert columns.arrays(few)[0].to_pylist() == [[1.0]] * 3
    assert made == []
    assert columns.arrays(few)[0].to_pylist() == columns.arrays(few)[0].to_pylist() == [[1.0]] * 3
    assert made == ["native"]


@pytest.mark.parametrize("rows", ["[{}]", '[{"x": 1}]', "[1]", "[[1, 2]]", "[null]"])
def test_rows_of_a_split_body_are_arrays_in_its_columns_order_and_nothing_else(rows: str) -> None:
    """A form must not take what the general reader refuses, and the worker too."""
    body = f'{{"dataframe_split": {{"columns": ["x"], "data": {rows}}}}}'.encode()
    records = [record(number, protocol="mlflow", input=body) for number in range(3)]
    assert TypedColumns(ONE, REQUESTS, worth=0).arrays(on_sheets(records))[0].to_pylist() == [None] * 3
    assert inputs_of(records[0], ONE) is None
