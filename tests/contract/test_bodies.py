"""Worker, redaction and records read the bodies of every protocol alike."""

import math
from typing import Any

import msgspec
import pytest

from tests.contract.bodies import ACCEPTED, PARAMETERS, REFUSED, Accepted, Part, Refused, Values
from tests.support.routes import version
from tests.support.segments import on_sheets, record
from unshelf.codecs.columns import REQUESTS, TypedColumns
from unshelf.codecs.decoding import inputs_of
from unshelf.codecs.redaction import MARK, redaction_of
from unshelf.contracts.bundle import Recording
from unshelf.contracts.protocols import frames
from unshelf.contracts.records import Own, PredictionRecord
from unshelf.contracts.signature import Columns, Signature
from unshelf.worker.engine import Engine
from unshelf.worker.errors import RequestRefused

PROTOCOLS = {
    frames.NATIVE: ("native", "application/json"),
    frames.MLFLOW_JSON: ("mlflow", "application/json"),
    frames.MLFLOW_CSV: ("mlflow", "text/csv; charset=utf-8"),
    frames.V2: ("v2", "application/json"),
}


class Seen:
    """A model that keeps what it is given."""

    def predict(self, inputs: Any, /, top_k: int) -> list[int]:
        self.inputs, self.top_k = inputs, top_k
        return [0] * (len(inputs) if isinstance(inputs, list) else len(next(iter(inputs.values()))))


def seen_by_worker(case: Accepted | Refused) -> Values:
    """The values that a model gets, by column; those of tensors flat."""
    model = Seen()
    signature = Signature(inputs=case.part, parameters=PARAMETERS)
    engine = Engine(model, msgspec.to_builtins(signature), name="iris", version=1)
    part, _ = engine.read(case.wire_protocol, case.body, case.json_length)
    engine.predict([part], part.rows)
    assert model.top_k == (5 if b'"top_k": 5' in case.body else 3)
    if isinstance(case.part, Columns):
        if case.part.container == "values":
            return {case.part.columns[0].name: [_plain(value) for value in model.inputs]}
        return {entry.name: [_plain(row[entry.name]) for row in model.inputs] for entry in case.part.columns}
    return {name: array.ravel().tolist() for name, array in model.inputs.items()}


def recorded(case: Accepted | Refused, **fields: Any) -> PredictionRecord:
    protocol, content_type = PROTOCOLS[case.wire_protocol]
    given = {"input": case.body, "input_header": case.json_length, **fields}
    return record(1, protocol=protocol, content_type=content_type, **given)


def redacted(case: Accepted | Refused, hidden: str) -> PredictionRecord:
    """The record without the values of a column."""
    route = version(signature=Signature(inputs=case.part, parameters=PARAMETERS), recording=Recording(redact=[hidden]))
    redaction = redaction_of(route)
    assert redaction is not None
    own = Own("p", 1, 1, 1, case.body, b"[0]", case.json_length)
    kept = redaction.apply(own, wire_protocol=case.wire_protocol, status=200)
    return recorded(case, input=kept.input, input_header=kept.input_header)


def names_of(part: Part) -> list[str]:
    return [entry.name for entry in (part.columns if isinstance(part, Columns) else part.tensors)]


def _plain(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_the_worker_gives_its_model_the_values(case: Accepted) -> None:
    assert seen_by_worker(case) == case.values


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_records_have_the_same_values_in_columns(case: Accepted) -> None:
    assert inputs_of(recorded(case), case.part) == case.values

    for worth in (0, 1 << 30):  # by the decoders of common forms, and one by one
        columns = TypedColumns(case.part, REQUESTS, worth=worth).arrays(on_sheets([recorded(case)]))
        assert dict(zip(names_of(case.part), [column.to_pylist()[0] for column in columns], strict=True)) == case.values


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_redaction_takes_out_one_column_and_keeps_the_others(case: Accepted) -> None:
    for hidden in case.values:
        kept = redacted(case, hidden)
        together = b'"all"' in case.body  # one tensor under a name of its own holds all columns, so all of it goes

        assert kept.input
        found = inputs_of(kept, case.part) or {}
        others = {} if together else {name: values for name, values in case.values.items() if name != hidden}
        assert {name: found[name] for name in others} == others
        assert MARK in kept.input[: kept.input_header or None].decode()
        assert set(found.get(hidden, [])) <= {None, MARK}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_one_refuses_nobody_reads(case: Refused) -> None:
    with pytest.raises(RequestRefused) as refused:
        seen_by_worker(case)
    assert refused.value.status in (400, 422)
    assert inputs_of(recorded(case), case.part) is None
    for worth in (0, 1 << 30):
        (first, *_) = TypedColumns(case.part, REQUESTS, worth=worth).arrays(on_sheets([recorded(case)]))
        assert first.to_pylist() == [None]
    kept = redacted(case, names_of(case.part)[0])
    assert (kept.input, kept.input_header) == (b"", 0)
