"""How a prediction is shown: its bodies as JSON where they are JSON, as text otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from unshelf.codecs.body import PARAMS
from unshelf.codecs.open_inference import PARAMETERS, PROTOCOL_PARAMETERS
from unshelf.contracts.records import PredictionRecord
from unshelf.records.archive.arrow_schemas import scores_of
from unshelf.records.selection import addressed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ARROW = "arrow"
_TENSORS = frozenset({"v2", "grpc"})
_encoder = msgspec.json.Encoder()


def shown(record: PredictionRecord, caller: str = "") -> dict[str, Any]:
    """A prediction as plain JSON values; `caller` is the name of its key."""
    model, _ = addressed(record)
    scores = scores_of(record)
    # Of a 32-bit float seven digits say all.
    beside = {} if scores is None else {"scores": [[float(f"{value:.7g}") for value in row] for row in scores]}
    return {
        "id": record.id,
        "time": _EPOCH + timedelta(microseconds=record.time_ns // 1000),
        "model": model,
        "version": record.version,
        "reference": record.reference,
        "protocol": record.protocol,
        "key": record.key,
        "caller": caller or record.key,
        "purpose": record.purpose,
        "status": record.status,
        "code": record.code,
        "latency_ms": record.latency_us / 1000,
        "queue_ms": record.queue_us / 1000,
        "predict_ms": record.predict_us / 1000,
        "batch_rows": record.batch_rows,
        "attempts": record.attempts,
        "trace": record.trace,
        "input": _stream(record) if record.protocol == _ARROW else _body(record.input, record.input_header),
        "params": _params(record),
        "output": _arrow_answer(record) if record.protocol == _ARROW else _body(record.output, record.output_header),
    } | beside


def shown_line(record: PredictionRecord, caller: str = "") -> bytes:
    """A prediction as a line of JSON."""
    return _encoder.encode(shown(record, caller)) + b"\n"


def _stream(record: PredictionRecord) -> dict[str, Any]:
    """An Arrow stream, which is only counted; the digest tells it apart where it is not kept whole."""
    if record.input_size:
        return {"arrow_bytes": record.input_size, "sha256": record.input_sha256}
    return {"arrow_bytes": len(record.input)}


def _params(record: PredictionRecord) -> Any:
    """The parameters, wherever they came: beside the body or in it; None without any."""
    if record.params:
        return _json_or_text(record.params)
    if record.protocol == _ARROW or b'"param' not in record.input:
        return None
    body = _json_or_text(record.input[: record.input_header] if record.input_header else record.input)
    if not isinstance(body, dict):
        return None
    if record.protocol not in _TENSORS:
        return body.get(PARAMS) or None
    given = body.get(PARAMETERS)
    own = (
        {name: value for name, value in given.items() if name not in PROTOCOL_PARAMETERS}
        if isinstance(given, dict)
        else {}
    )
    return own or None


def _arrow_answer(record: PredictionRecord) -> Any:
    return {"arrow_bytes": len(record.output)} if record.output_header else _json_or_text(record.output)


def _body(body: bytes, header: int) -> Any:
    """A body. Binary tensors follow a JSON part of `header` bytes and are only counted."""
    if header:
        return {"json": _json_or_text(body[:header]), "binary_bytes": max(len(body) - header, 0)}
    return _json_or_text(body)


def _json_or_text(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (
        msgspec.DecodeError,
        RecursionError,
        UnicodeDecodeError,
    ):  # recorded as it came, malformed or not JSON at all
        return body.decode(errors="replace")
