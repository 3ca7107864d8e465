"""Records as Arrow tables: the fixed columns of facts, and beside them the typed columns that the version's signature tells."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.signature import Columns, Signature, Tensors
from unshelf.monitor.predictions.decoding import Values, inputs_of, outputs_of
from unshelf.monitor.predictions.selection import addressed

OFFSET = "segment_offset"
"""Where in its segment a record stood: what a reader who follows has already seen."""
_FACTS = [
    pa.field("id", pa.string()),
    pa.field("time", pa.timestamp("ns")),  # UTC
    pa.field("model", pa.string()),
    pa.field("version", pa.int32()),
    pa.field("reference", pa.string()),
    pa.field("protocol", pa.string()),
    pa.field("key", pa.string()),
    pa.field("status", pa.int32()),
    pa.field("code", pa.string()),
    pa.field("latency_us", pa.int64()),
    pa.field("queue_us", pa.int64()),
    pa.field("predict_us", pa.int64()),
    pa.field("batch_rows", pa.int64()),
    pa.field("attempts", pa.int32()),
    pa.field("generation", pa.int64()),
    pa.field("trace", pa.string()),
    pa.field("content_type", pa.string()),
    pa.field("input", pa.binary()),
    pa.field("input_header", pa.int64()),
    pa.field("input_size", pa.int64()),
    pa.field("input_sha256", pa.string()),
    pa.field("output", pa.binary()),
    pa.field("output_header", pa.int64()),
    pa.field(OFFSET, pa.int64()),
]
FACTS = [str(field.name) for field in _FACTS]
_ARROW = {
    "bool": pa.bool_(), "float16": pa.float32(), "float32": pa.float32(), "float64": pa.float64(),
    "string": pa.string(), "datetime": pa.string(), "json": pa.string(),
}  # fmt: skip
_NONE: Values = {}
_BARE = "output"
"""What a worker calls an answer that has no name."""


def schema_of(signature: Signature | None) -> Any:
    """The columns of a version's file: the facts, then `in_<name>` and `out_<name>` (`out` for an answer without a name), each
    a list with one value a row of the request."""
    fields = list(_FACTS)
    if signature is not None:
        fields += [pa.field(f"in_{name}", pa.list_(kind)) for name, kind in _kinds(signature.inputs)]
        if signature.outputs is not None:
            fields += [pa.field(_out(name), pa.list_(kind)) for name, kind in _kinds(signature.outputs)]
    return pa.schema(fields)


def table_of(records: Sequence[tuple[int, PredictionRecord]], signature: Signature | None) -> Any:
    """Records, each with its place in the segment, as a table of `schema_of(signature)`."""
    columns: dict[str, list[Any]] = {
        name: [getattr(record, name) for _, record in records]
        for name in FACTS
        if name not in ("time", "model", OFFSET)
    }
    columns["time"] = [record.time_ns for _, record in records]
    columns["model"] = [addressed(record)[0] for _, record in records]
    columns[OFFSET] = [offset for offset, _ in records]
    if signature is not None:
        asked = [inputs_of(record, signature.inputs) or _NONE for _, record in records]
        for name, _ in _kinds(signature.inputs):
            columns[f"in_{name}"] = [values.get(name) for values in asked]
        if signature.outputs is not None:
            outputs = signature.outputs
            answered = [outputs_of(record, outputs) or _NONE for _, record in records]
            for name, _ in _kinds(outputs):
                columns[_out(name)] = [values.get(name) for values in answered]
    schema = schema_of(signature)
    return pa.table([pa.array(columns[field.name], type=field.type) for field in schema], schema=schema)


def record_of(row: dict[str, Any]) -> PredictionRecord:
    """The record of a row whose `time` is nanoseconds."""
    facts = {name: value for name, value in row.items() if name not in ("time", OFFSET)}
    return PredictionRecord(time_ns=row["time"], **facts)


def _kinds(part: Columns | Tensors) -> list[tuple[str, Any]]:
    entries = part.columns if isinstance(part, Columns) else part.tensors
    return [(entry.name, _ARROW.get(entry.type, pa.int64())) for entry in entries]


def _out(name: str) -> str:
    return "out" if name == _BARE else f"out_{name}"
