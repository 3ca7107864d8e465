"""A prediction's record: the tuple that is written in haste is the record that is read at leisure."""

import msgspec

from unshelf.contracts.records import PredictionRecord, encode_record
from unshelf.gateway.prediction import Prediction, Trace


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

    assert encode_record(prediction.fields(11_000_000)) == encode_record(record)
    assert msgspec.structs.asdict(record) == {
        "id": prediction.id, "time_ns": prediction.time_ns, "model": "iris", "version": 7, "reference": "iris@champion",
        "protocol": "v2", "key": "k1", "status": 200, "code": "", "latency_us": 10_000, "queue_us": 2_000, "predict_us": 4_000,
        "batch_rows": 31, "attempts": 2, "content_type": "application/json", "input": b"in", "input_header": 5, "output": b"out",
        "output_header": 3, "generation": 12, "trace": "c" * 32, "input_size": 99, "input_sha256": "ab" * 32,
    }  # fmt: skip


def test_it_can_be_read_back() -> None:
    prediction = answered()
    payload = encode_record(prediction.fields(11_000_000))[8:]

    assert msgspec.msgpack.decode(payload, type=PredictionRecord) == prediction.record(11_000_000)
