"""A prediction's record: the tuple that is written in haste is the record that is read at leisure."""

import msgspec
import pytest

from unshelf.contracts.records import encode_record, encode_sheet
from unshelf.gateway.prediction import Prediction, Trace, divide
from unshelf.gateway.problems import Refused


def answered() -> Prediction:
    """A prediction in which no two fields are alike."""
    prediction = Prediction("k1", "iris@champion", "v2")
    prediction.model, prediction.version, prediction.generation, prediction.attempts = "iris", 7, 12, 2
    prediction.content_type, prediction.body, prediction.header = "application/json", b"in", 5
    prediction.input_size, prediction.input_sha256 = 99, "ab" * 32
    prediction.trace = Trace(trace_id="c" * 32, parent_id="", span_id="d" * 16, sampled=True)
    prediction.started_ns, prediction.submitted_ns = 1_000_000, 2_000_000
    prediction.succeed(b"out", 3)
    prediction.ended_ns = 8_000_000
    prediction.predict_us, prediction.batch_rows = 4_000, 31
    return prediction


def test_what_is_written_is_the_record_field_by_field() -> None:
    prediction = answered()
    record = prediction.record(11_000_000)

    assert encode_sheet(prediction.common(), [prediction.own(11_000_000)]) == encode_record(record)
    assert msgspec.structs.asdict(record) == {
        "id": prediction.id, "time_ns": prediction.time_ns, "model": "iris", "version": 7, "reference": "iris@champion",
        "protocol": "v2", "key": "k1", "status": 200, "code": "", "latency_us": 10_000, "queue_us": 2_000, "predict_us": 4_000,
        "batch_rows": 31, "attempts": 2, "content_type": "application/json", "input": b"in", "input_header": 5, "output": b"out",
        "output_header": 3, "generation": 12, "trace": "c" * 32, "input_size": 99, "input_sha256": "ab" * 32,
    }  # fmt: skip


@pytest.mark.parametrize("field", ["trace", "input_size", "header", "output_header"])
def test_a_field_that_is_seldom_set_is_written_when_it_is(field: str) -> None:
    prediction = answered()
    kept = getattr(prediction, field)
    prediction.trace, prediction.input_size, prediction.header, prediction.output_header = None, 0, 0, 0
    short = prediction.own(11_000_000)
    setattr(prediction, field, kept)

    name = {"header": "input_header"}.get(field, field)
    written = getattr(prediction.record(11_000_000), name)
    assert len(short) == 6
    assert written == ("c" * 32 if field == "trace" else kept)


def test_neighbours_that_are_alike_are_put_together_and_no_others() -> None:
    def told(likeness: object, **fields: object) -> Prediction:
        prediction = Prediction("k1", "iris", "native", likeness=likeness)
        for name, value in {"version": 1, "attempts": 1, "batch_rows": 2, "predict_us": 30, **fields}.items():
            setattr(prediction, name, value)
        return prediction

    lost = Refused("unavailable", "gone")
    groups = [
        [told("a"), told("a")], [told("b")], [told("a")], [told("a", version=2)], [told("a", attempts=2)], [told("a", batch_rows=3)],
        [told("a", predict_us=31), told("a", predict_us=31)],
        [told("a", refused=lost)], [told("a", refused=Refused("unavailable", "gone"))],
        [Prediction("k1", "iris", "native")], [Prediction("k1", "iris", "native")],
    ]  # fmt: skip

    assert divide([each for group in groups for each in group]) == groups
    assert divide([]) == []
