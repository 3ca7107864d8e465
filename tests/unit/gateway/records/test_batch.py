"""Predictions that end together: what is written of them in haste is the record of each that is read at leisure."""

import time

import msgspec
import pytest

from unshelf.contracts.records import FRAME, MAGIC, Common, Own, PredictionRecord, decode_sheet, record_from
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction, Trace
from unshelf.gateway.records.batch import conclude, divide, sheet_of


def answered() -> Prediction:
    """A prediction in which no two fields are alike."""
    prediction = Prediction("k1", "iris@champion", "v2")
    prediction.model, prediction.version, prediction.generation, prediction.attempts = "iris", 7, 12, 2
    prediction.content_type, prediction.body, prediction.header = "application/json", b"in", 5
    prediction.input_size, prediction.input_sha256, prediction.pieces = 99, "ab" * 32, (b"in", b"put")
    prediction.params = b"{}"
    prediction.trace = Trace(trace_id="c" * 32, parent_id="", span_id="d" * 16, sampled=True)
    prediction.succeed(b"out", 3)
    prediction.latency_us, prediction.queue_us, prediction.predict_us, prediction.batch_rows = 10_000, 2_000, 4_000, 31
    return prediction


def written(prediction: Prediction) -> PredictionRecord:
    """Its record, made of all that it says of itself."""
    return record_from(Common(*prediction.common()), Own(*prediction.own()))


def test_what_is_written_is_the_record_field_by_field() -> None:
    prediction = answered()

    (record,) = decode_sheet(sheet_of([prediction])[FRAME.size :], MAGIC).records()
    assert record == written(prediction)
    assert msgspec.structs.asdict(record) == {
        "id": prediction.id, "time_ns": prediction.time_ns, "model": "iris", "version": 7, "reference": "iris@champion",
        "protocol": "v2", "key": "k1", "status": 200, "code": "", "latency_us": 10_000, "queue_us": 2_000, "predict_us": 4_000,
        "batch_rows": 31, "attempts": 2, "content_type": "application/json", "input": b"in", "input_header": 5, "output": b"out",
        "output_header": 3, "generation": 12, "trace": "c" * 32, "input_size": 99, "input_sha256": "ab" * 32,
        "purpose": "live", "params": b"{}", "scores": b"",
    }  # fmt: skip


def test_scores_stand_on_the_sheet_of_a_version_that_has_them() -> None:
    """Given two of a batch, one of whose scores failed, then the record of the other has its own."""
    first, second = answered(), answered()
    first.scores, second.scores = b"", b"scores"
    for each in (first, second):
        each.trace, each.pieces, each.header, each.output_header = None, (), 0, 0
    records = decode_sheet(sheet_of([first, second])[FRAME.size :], MAGIC).records()
    assert [each.scores for each in records] == [b"", b"scores"]


@pytest.mark.parametrize("field", ["trace", "pieces", "header", "output_header", "none of them"])
def test_what_is_seldom_set_is_written_when_it_is(field: str) -> None:
    """Given two on one sheet of which one has such a field, then both are read as they are."""
    plain, other = answered(), answered()
    for each in (plain, other):
        for name in {"trace", "pieces", "header", "output_header"} - ({field} if each is other else set()):
            setattr(each, name, {"trace": None, "pieces": ()}.get(name, 0))
        if not each.pieces:  # which go with a long body, and with parameters beside one
            each.input_size, each.input_sha256, each.params = 0, "", b""

    payload = sheet_of([plain, other, plain])[FRAME.size :]

    assert decode_sheet(payload, MAGIC).records() == [written(plain), written(other), written(plain)]


def test_how_long_it_took_is_noted_when_it_ends() -> None:
    prediction = Prediction("k1", "iris", "native")
    prediction.submitted_ns = prediction.started_ns
    prediction.ended_ns = prediction.started_ns + 5_000_000
    prediction.predict_us = 4_000
    never_sent, odd = Prediction("k1", "iris", "native"), Prediction("k1", "iris", "native")
    odd.submitted_ns = odd.ended_ns = odd.started_ns
    odd.predict_us = 4_000  # as another clock told it

    begun = time.perf_counter_ns()
    conclude([prediction, never_sent, odd])
    ended = time.perf_counter_ns()

    assert [each.queue_us for each in (prediction, never_sent, odd)] == [1_000, 0, 0]
    for each in (prediction, never_sent, odd):
        assert (begun - each.started_ns) // 1000 <= each.latency_us <= (ended - each.started_ns) // 1000


def test_neighbours_that_are_alike_are_put_together_and_no_others() -> None:
    def told(batch_key: object, **fields: object) -> Prediction:
        prediction = Prediction("k1", "iris", "native", batch_key=batch_key)
        for name, value in {"version": 1, "attempts": 1, "batch_rows": 2, "predict_us": 30, **fields}.items():
            setattr(prediction, name, value)
        return prediction

    lost = ProblemError("unavailable", "gone")
    groups = [
        [told("a"), told("a")], [told("b")], [told("a")], [told("a", version=2)], [told("a", attempts=2)], [told("a", batch_rows=3)],
        [told("a", predict_us=31), told("a", predict_us=31)],
        [told("a", refused=lost)], [told("a", refused=ProblemError("unavailable", "gone"))],
        [Prediction("k1", "iris", "native")], [Prediction("k1", "iris", "native")],
    ]  # fmt: skip

    assert divide([each for group in groups for each in group]) == groups
    assert divide([]) == []
