"""Records out of tables, and signatures out of examples of records: what is input, what is answer, what tells a record from others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from unshelf.client.data.columns import column_of
from unshelf.client.data.data_types import kind_of
from unshelf.client.data.rows import as_rows, as_values, plain
from unshelf.client.data.signatures import infer
from unshelf.client.errors import InvalidInput
from unshelf.contracts.signature import Columns, Signature

OUTPUT = "output"
_IDS = ("record_id", "prediction_id", "id")
_TIMES = ("record_time", "predicted_at", "timestamp", "time")
_OUTPUTS = (OUTPUT, "prediction")
_SAID = {"latency_ms": "latency_ms", "error": "error", "version": "version"}


@dataclass(frozen=True)
class RecordedColumns:
    """The columns of a table that hold what is no input; empty: the usual ones."""

    outputs: Sequence[str] = ()
    """The answers: `output` or `prediction`."""
    id: str = ""
    """The sender's id: `record_id`, `prediction_id` or `id`."""
    time: str = ""
    """The moment: `record_time`, `predicted_at`, `timestamp` or `time`."""


def record_of(
    inputs: Any, output: Any = None, *, id: str | int | None = None, time: Any = None, version: int | None = None,
    latency_ms: float | None = None, error: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Return one record as the API takes it."""
    found: dict[str, Any] = {"inputs": plain(inputs)}
    if error:
        found["error"] = error
    else:
        found["output"] = plain(output)
    said = {"id": id, "time": plain(time), "version": version, "latency_ms": latency_ms}
    return found | {name: value for name, value in said.items() if value is not None}


def records_of_rows(rows: Iterable[Mapping[str, Any]], columns: RecordedColumns) -> Iterator[dict[str, Any]]:
    """Yield the records of a table's rows; rows that are records already, with `inputs`, stay as they are. Raises InvalidInput."""
    for row in rows:
        if "inputs" in row:
            yield {name: plain(value) for name, value in row.items()}
            continue
        outputs, said, inputs = _divided(row, columns)
        error = said.pop("error", None)
        answer = next(iter(outputs.values()), None) if len(outputs) == 1 and set(outputs) & set(_OUTPUTS) else outputs
        if not outputs and not error:
            raise InvalidInput(
                f"No column holds the answer: there are {', '.join(map(str, row))[:500]}.",
                hint="Name it: --output COLUMN, in Python outputs=[…].",
            )
        said = {name: value for name, value in said.items() if value is not None}
        yield {
            "inputs": plain(inputs),
            **({"error": str(error)} if error else {"output": plain(answer)}),
            **plain(said),
        }


def signature_of_rows(rows: Iterable[Mapping[str, Any]], columns: RecordedColumns) -> Signature:
    """Return the signature of a model whose records look like these rows. Raises InvalidInput, InvalidModel."""
    records = list(records_of_rows(rows, columns))
    answered = [record["output"] for record in records if "output" in record]
    if not answered:
        raise InvalidInput("The example has no answers.", hint="Give a few records with their output.")
    return signature_of([record["inputs"] for record in records], answered)


def signature_of(inputs: Any, outputs: Any) -> Signature:
    """Return the signature of a model that answers such inputs with such outputs. Raises InvalidModel."""
    found = infer(inputs).inputs
    if kind_of(outputs) in ("mapping", "pandas_frame", "polars_frame"):
        answers = infer(as_rows(outputs)).inputs
    else:
        values = as_values(outputs)
        answers = (
            infer(values).inputs
            if values and isinstance(values[0], dict)
            else Columns(columns=[column_of(OUTPUT, values)])
        )
    if isinstance(found, Columns):  # what one library makes of a column says nothing of another infrastructure
        found = Columns(columns=[msgspec.structs.replace(each, dtype=None, missing=None) for each in found.columns])
    return Signature(inputs=found, outputs=answers)


def _divided(row: Mapping[str, Any], columns: RecordedColumns) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return answers, what is said of the record, and inputs."""
    for name in (columns.id, columns.time, *columns.outputs):
        if name and name not in row:
            raise InvalidInput(f"The data has no column {name!r}.", hint=f"It has {', '.join(map(str, row))[:500]}.")
    outputs = list(columns.outputs) or [name for name in _OUTPUTS if name in row][:1]
    taken = dict(_SAID)
    for field, wanted, usual in (("id", columns.id, _IDS), ("time", columns.time, _TIMES)):
        name = wanted or next((each for each in usual if each in row and each not in outputs), "")
        taken |= {name: field} if name else {}
    said = {field: row[name] for name, field in taken.items() if name in row and name not in outputs}
    inputs = {name: value for name, value in row.items() if name not in outputs and name not in taken}
    return {name: row[name] for name in outputs}, said, inputs
