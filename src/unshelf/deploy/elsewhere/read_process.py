"""`python -m unshelf.deploy.elsewhere.read_process`: write the rows of a table as records, and the end.

Files of users are parsed in a process of its own, bounded in memory and time. Reads a ReadRecords as JSON from standard input and writes a
RecordAnswer to standard output."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.data import DataProblem
from unshelf.contracts.signature import Columns, Signature
from unshelf.deploy.elsewhere.messages import RECORDS_FILE, ReadRecords, RecordAnswer, RecordColumns, RecordsRead
from unshelf.develop.datasets.json_values import json_values
from unshelf.records.process_bounds import answer_order

_BATCH_ROWS = 8192
_IDS = ("record_id", "prediction_id", "id")
_TIMES = ("record_time", "predicted_at", "timestamp", "time")
_OUTPUTS = ("output", "prediction")
_ID_DIGITS = 32


class _Chosen(NamedTuple):
    """The columns of a table, by what they hold; empty: none does."""

    inputs: list[str]
    outputs: dict[str, str]
    id: str
    time: str
    latency_ms: str
    error: str


def main() -> int:
    """Carry out the order on standard input."""
    return answer_order(ReadRecords, carry_out)


def carry_out(order: ReadRecords) -> RecordAnswer:
    """Carry out an order; what is wrong with the table is a problem, not an exception."""
    try:
        return _read(order)
    except InvalidInput as error:
        return DataProblem(code=error.code, detail=error.detail, hint=error.hint)
    except (pa.ArrowException, OSError, MemoryError) as error:
        return DataProblem(code="invalid_input", detail=f"The records can't be read: {type(error).__name__}.")


def chosen_columns(signature: Signature, names: list[str], wanted: RecordColumns) -> _Chosen:
    """Return which columns hold what. Raises InvalidInput where none holds the answer, and for one that is named and not there."""
    inputs = _names(signature.inputs)
    free = [name for name in names if name not in inputs]
    for name in (wanted.id, wanted.time, wanted.latency_ms, wanted.error, *wanted.outputs.values()):
        if name and name not in names:
            raise InvalidInput(f"The table has no column {name[:80]!r}.", hint=f"It has {', '.join(names)[:500]}.")
    known = _names(signature.outputs) if signature.outputs is not None else ["output"]
    outputs = {}
    for output in known:
        usual = (output, f"out_{output}", *(_OUTPUTS if len(known) == 1 else ()))
        column = wanted.outputs.get(output) or next((name for name in usual if name in free), "")
        if column:
            outputs[output] = column
    error = wanted.error or _first(("error",), free)
    if not outputs and not error:
        raise InvalidInput(
            f"No column of the table holds the answer: it has {', '.join(names)[:500]}.",
            hint=f"Name a column {' or '.join(known[:5])}, or say which one it is: --output NAME=COLUMN.",
        )
    return _Chosen(
        [name for name in inputs if name in names], outputs, wanted.id or _first(_IDS, free), wanted.time or _first(_TIMES, free),
        wanted.latency_ms or _first(("latency_ms",), free), error,
    )  # fmt: skip


def _first(usual: tuple[str, ...], names: list[str]) -> str:
    return next((name for name in usual if name in names), "")


def _names(side: Any) -> list[str]:
    entries = side.columns if isinstance(side, Columns) else side.tensors
    return [entry.name for entry in entries]


def _read(order: ReadRecords) -> RecordsRead:
    rows = 0
    with (Path(order.scratch) / RECORDS_FILE).open("wb") as file:
        chosen: _Chosen | None = None
        for batch in _batches(order):
            names = list(batch.schema.names)
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise InvalidInput(f"The table has two columns {twice[:80]!r}.")
            chosen = chosen or chosen_columns(order.signature, names, order.columns)
            for line in _lines(order, batch, chosen, rows):
                file.write(line)
            rows += batch.num_rows
    return RecordsRead(rows=rows)


def _batches(order: ReadRecords) -> Iterator[pa.RecordBatch]:
    if order.format == "arrow":
        with pa.ipc.open_stream(pa.memory_map(order.file)) as reader:
            yield from reader
        return
    with pq.ParquetFile(order.file, pre_buffer=False) as file:  # else all that was read is held to the end
        yield from file.iter_batches(batch_size=_BATCH_ROWS)


def _lines(order: ReadRecords, batch: pa.RecordBatch, chosen: _Chosen, first: int) -> Iterator[bytes]:
    texts = _text_columns(order.signature)
    columns = {}
    for name in batch.schema.names:
        values = json_values(_plain(batch.column(name)))
        columns[name] = [_as_text(value) for value in values] if name in texts else values
    bare = list(chosen.outputs) == ["output"]
    for place in range(batch.num_rows):
        record: dict[str, Any] = {"inputs": {name: columns[name][place] for name in chosen.inputs}}
        found = {name: columns[column][place] for name, column in chosen.outputs.items()}
        error = columns[chosen.error][place] if chosen.error else None
        if error:
            record["error"] = str(error)
        else:
            record["output"] = found["output"] if bare else found
        if chosen.time:
            record["time"] = columns[chosen.time][place]
        if chosen.latency_ms and columns[chosen.latency_ms][place] is not None:
            record["latency_ms"] = columns[chosen.latency_ms][place]
        id = columns[chosen.id][place] if chosen.id else None
        if id is not None:
            record["id"] = str(id)
        elif order.salt:
            record["id"] = _made_id(f"{order.salt}/{first + place}", record)
        yield msgspec.json.encode(record) + b"\n"


def _made_id(salt: str, record: dict[str, Any]) -> str:
    """Return an id that the same row at the same place always has: a file that grew has its first rows once."""
    return hashlib.sha256(salt.encode() + msgspec.json.encode(record)).hexdigest()[:_ID_DIGITS]


def _plain(column: pa.Array) -> pa.Array:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _text_columns(signature: Signature) -> set[str]:
    """Return the inputs that are texts: a CSV file's reader takes those that look like numbers for numbers."""
    if not isinstance(signature.inputs, Columns):
        return set()
    return {column.name for column in signature.inputs.columns if column.type == "string"}


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


if __name__ == "__main__":
    os._exit(main())
