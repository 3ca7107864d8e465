"""Records held against a signature: what fits, what is a gap, what is refused and why."""

from typing import Any

import pytest

from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors
from unshelf.deploy.elsewhere.record import CheckedRecord, RecordSent, Unfit, checked

NOW = 1_800_000_000 * 10**9
SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="age", type="int64"), Column(name="plan", type="string"), Column(name="at", type="datetime")]),
    outputs=Columns(columns=[Column(name="label", type="string"), Column(name="score", type="float64")]),
)  # fmt: skip
BARE = Signature(inputs=SIGNATURE.inputs, outputs=Columns(columns=[Column(name="output", type="float32")]))
ROW = {"age": 3, "plan": "a", "at": "2026-11-01"}


def check(signature: Signature = BARE, **sent: Any) -> CheckedRecord:
    fields = {"inputs": ROW, "output": 1, **sent}
    return checked(RecordSent(**fields), 2, signature, now_ns=NOW, oldest_ns=NOW - 10**18)


def test_rows_come_by_name_or_in_order_and_missing_columns_are_gaps() -> None:
    assert check(inputs=[3.0, "a", None]).inputs == {"age": 3, "plan": "a", "at": None}
    assert check(inputs={"plan": "b"}).inputs == {"age": None, "plan": "b", "at": None}
    tensors = Signature(inputs=Tensors(tensors=[Tensor(name="x", type="float32", shape=[-1, 2])]), outputs=BARE.outputs)
    assert check(tensors, inputs=[1.0, 2.0]).inputs == [1.0, 2.0]


def test_answers_come_as_values_or_by_name() -> None:
    assert check(output="NaN").output == "NaN"
    assert check(output={"output": 2.5}).output == 2.5
    assert check(SIGNATURE, output={"label": "x", "score": 0.5}).output == {"label": "x", "score": 0.5}
    assert check(SIGNATURE, output={"label": "x"}).output == {"label": "x", "score": None}
    failed = checked(RecordSent(inputs=ROW, error="late"), 1, BARE, now_ns=NOW, oldest_ns=0)
    assert (failed.error, failed.output) == ("late", None)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [("2027-01-15T08:00:00Z", 1_800_000_000), ("2027-01-15 08:00:00", 1_800_000_000),
     (1.5, 1.5), (None, 1_800_000_000)],
)  # fmt: skip
def test_moments_are_iso_or_unix_seconds(time: Any, seconds: float) -> None:
    sent = RecordSent(inputs=ROW, output=1, time=time)
    assert checked(sent, 1, BARE, now_ns=NOW, oldest_ns=0).time_ns == seconds * 10**9


@pytest.mark.parametrize(
    ("sent", "column"),
    [
        ({"inputs": {**ROW, "age": "3"}}, "age"), ({"inputs": {**ROW, "age": 2.5}}, "age"), ({"inputs": {**ROW, "age": True}}, "age"),
        ({"inputs": {**ROW, "age": 2**70}}, "age"), ({"inputs": {**ROW, "plan": 7}}, "plan"), ({"inputs": {**ROW, "at": "soon"}}, "at"),
        ({"inputs": {**ROW, "more": 1}}, "more"), ({"inputs": [1]}, "inputs"), ({"inputs": "x"}, "inputs"), ({"output": "text"}, "output"),
        ({"output": {"other": 1}}, "other"), ({"time": "2027-02-01"}, "time"), ({"time": 5.0}, "time"), ({"time": float("inf")}, "time"),
        ({"time": "never"}, "time"), ({"id": "x" * 201}, "id"), ({"latency_ms": -1.0}, "latency_ms"),
    ],
)  # fmt: skip
def test_what_does_not_fit_names_its_column(sent: dict[str, Any], column: str) -> None:
    with pytest.raises(Unfit) as unfit:
        check(**sent)
    fault = unfit.value.at(4)
    assert (fault.row, fault.column) == (4, column)
    assert fault.expected and fault.got


def test_several_outputs_need_their_names_and_an_answer_is_needed() -> None:
    with pytest.raises(Unfit):
        check(SIGNATURE, output="x")
    with pytest.raises(Unfit):
        checked(RecordSent(inputs=ROW), 1, BARE, now_ns=NOW, oldest_ns=0)
