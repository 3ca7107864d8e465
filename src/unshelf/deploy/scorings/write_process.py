"""`python -m unshelf.deploy.scorings.write_process`: make results and records of what a version's program left, and the end.

What a model answered is a stranger's: it is parsed here, in a process that is bounded in memory and time and holds nothing of the server's.
Reads a WriteResults as JSON from standard input and writes a WriteAnswer to standard output."""

import contextlib
import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.deploy.scorings.messages import ResultFormat, ResultsWritten, WriteAnswer, WriteResults
from unshelf.deploy.scorings.rows.answers import SUCCESS, ChunkAnswer, read_answers
from unshelf.deploy.scorings.rows.problems import answer_or_problem
from unshelf.deploy.scorings.rows.records_written import ChunkLines, RecordWriter
from unshelf.deploy.scorings.rows.result_columns import ResultColumns
from unshelf.deploy.scorings.rows.tables_read import SourceTable, blobs_at, put_file
from unshelf.develop.datasets.json_values import json_values, plain_value
from unshelf.records.process_bounds import answer_order
from unshelf.runtime.blobs.port import Blobs

_SHOWN = 100
_PREVIEW = 20
_MOST_WAITING = 2
"""Chunks that wait to be written, at most: each takes memory."""
FAILURE_FIELDS = (
    ("row", pa.int64()), ("code", pa.string()), ("column", pa.string()), ("expected", pa.string()), ("got", pa.string()),
    ("detail", pa.string()),
)  # fmt: skip


def main() -> int:
    """Carry out the order on standard input."""
    return answer_order(WriteResults, carry_out)


def carry_out(order: WriteResults) -> WriteAnswer:
    """Carry out an order; what goes wrong with the data is a problem, not an exception."""
    return answer_or_problem(order.limits, lambda: _Results(order).write())


class TableFile:
    """A file of rows in one of the formats; it is there once it has a schema."""

    def __init__(self, path: Path, schema: pa.Schema, form: ResultFormat) -> None:
        self.path = path
        self.schema = pa.schema([pa.field(each.name, _writable(each.type, form)) for each in schema])
        if form == "parquet":
            self._writer: Any = pq.ParquetWriter(path, self.schema, compression="zstd")
        else:
            self._writer = pa_csv.CSVWriter(path, self.schema)
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def write(self, arrays: Sequence[pa.Array]) -> None:
        """Add rows; they are encoded and compressed beside what is done meanwhile."""
        columns = [_written(array, each.type) for array, each in zip(arrays, self.schema, strict=True)]
        self._waiting.append(self._thread.submit(self._writer.write_table, pa.table(columns, schema=self.schema)))
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft().result()

    def close(self) -> None:
        """End the file."""
        with self._thread:
            for written in self._waiting:
                written.result()
        self._writer.close()


class _Results:
    def __init__(self, order: WriteResults) -> None:
        self._order = order
        self._blobs: Blobs = blobs_at(order.blobs)
        self._scratch = Path(order.scratch)
        self._chunks = _by_number(order.chunks, "chunks/")
        self._answers = _by_number(order.answers, "answers/")
        self._columns = ResultColumns(order.signature, order.format)
        self._failures: list[dict[str, Any]] = []
        self._failed = 0
        self._preview: list[list[Any]] = []

    def write(self) -> ResultsWritten:
        order = self._order
        if missing := set(range(len(order.chunk_rows))) - self._answers.keys():
            raise InvalidInput(f"The version's program left no answers to {len(missing)} chunks.", hint="Score again.")
        for number, rows in enumerate(order.chunk_rows):
            for answer in self._answered(number, rows):
                self._columns.look_at(answer.outputs)
        table = SourceTable(order.source, self._blobs, scratch=self._scratch, limits=order.limits)
        kept = _kept(table.schema, order.keep)
        names, types = self._columns.names([each.name for each in kept]), self._columns.types()
        schema = pa.schema([*kept, *(pa.field(names[name], kind) for name, kind in types.items())])
        predictions = TableFile(self._scratch / f"predictions.{order.format}", schema, order.format)
        failures: TableFile | None = None
        records = RecordWriter(Path(order.staging), order.scored, order.signature, latest_ns=order.latest_ns)
        offset = 0
        with contextlib.closing(records):
            for number, batch in enumerate(_in_chunks(table, order.chunk_rows)):
                answers = self._answered(number, batch.num_rows)
                self._record(records, number, answers)
                chosen = [batch.column(each.name) for each in kept]
                self._write_predictions(predictions, chosen, answers, types)
                if any(answer.status != SUCCESS for answer in answers):
                    if failures is None:
                        fields = [pa.field(_free(name, kept), kind) for name, kind in FAILURE_FIELDS]
                        place = self._scratch / f"failed.{order.format}"
                        failures = TableFile(place, pa.schema([*fields, *kept]), order.format)
                    self._write_failures(failures, chosen, answers, offset)
                offset += batch.num_rows
        predictions.close()
        if failures is not None:
            failures.close()
        return ResultsWritten(
            scored=sum(order.chunk_rows) - self._failed, failed=self._failed,
            predictions=put_file(self._blobs, predictions.path, predictions.path.name),
            failures=None if failures is None else put_file(self._blobs, failures.path, failures.path.name),
            segments=records.names, first_failures=self._failures, columns=list(schema.names), preview=self._preview,
        )  # fmt: skip

    def _answered(self, number: int, rows: int) -> list[ChunkAnswer]:
        return read_answers(self._blobs.read(self._answers[number].sha256), rows)

    def _record(self, records: RecordWriter, number: int, answers: list[ChunkAnswer]) -> None:
        lines = ChunkLines(self._blobs.read(self._chunks[number].sha256))
        for answer in answers:
            records.write(answer, lines.rows(answer.ranges))

    def _write_predictions(
        self, file: TableFile, chosen: list[pa.Array], answers: list[ChunkAnswer], types: dict[str, pa.DataType]
    ) -> None:
        """Write the rows that were answered, in the order of the source."""
        found = [answer for answer in answers if answer.status == SUCCESS]
        outputs = [output for answer in found for output in answer.outputs]
        if not outputs:
            return
        ranges = [each for answer in found for each in answer.ranges]
        rows = chosen
        if ranges != sorted(ranges) or (chosen and len(outputs) < len(chosen[0])):
            places = [place for answer in found for place in answer.places]
            order = sorted(range(len(places)), key=places.__getitem__)
            taken = pa.array([places[each] for each in order])
            outputs, rows = [outputs[each] for each in order], [column.take(taken) for column in chosen]
        arrays = [*rows, *self._columns.arrays(outputs, types)]
        file.write(arrays)
        if (room := _PREVIEW - len(self._preview)) > 0:
            shown = [json_values(array.slice(0, room)) for array in arrays]
            self._preview += [[plain_value(value) for value in row] for row in zip(*shown, strict=True)]

    def _write_failures(self, file: TableFile, chosen: list[pa.Array], answers: list[ChunkAnswer], offset: int) -> None:
        """Write the rows that failed, each with its reason."""
        found: list[tuple[int, dict[str, Any]]] = []
        for answer in answers:
            if answer.status != SUCCESS:
                reason = _reason(answer)
                found += [(place, {"row": offset + place, **reason}) for place in answer.places]
        found.sort(key=lambda each: each[0])
        self._failed += len(found)
        self._failures += [reason for _, reason in found[: _SHOWN - len(self._failures)]]
        places = pa.array([place for place, _ in found])
        reasons = [pa.array([reason[name] for _, reason in found], kind) for name, kind in FAILURE_FIELDS]
        file.write([*reasons, *(column.take(places) for column in chosen)])


def _reason(answer: ChunkAnswer) -> dict[str, Any]:
    """Say why rows failed, in columns."""
    problem = answer.problem
    errors = problem.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    detail = str(problem.get("detail", ""))
    said = str(problem.get("traceback", "")).strip().rpartition("\n")[2]
    if answer.code == "model_error" and said:
        detail = f"{detail} {said}"
    texts = {
        name: None if first.get(name) is None else str(first[name])[:500] for name in ("column", "expected", "got")
    }
    return {"code": answer.code, **texts, "detail": detail[:2000]}


def _by_number(files: Sequence[BundleFile], prefix: str) -> dict[int, BundleFile]:
    """Return the files of chunks by their number; others, which a stranger's program may have left, are passed over."""
    found = {}
    for file in files:
        name = file.path.removeprefix(prefix)
        if name != file.path and name.isdecimal() and len(name) == 6:
            found[int(name)] = file
    return found


def _in_chunks(table: SourceTable, counts: list[int]) -> Any:
    """Yield the rows of each chunk. Raises InvalidInput where the source has others than it had."""
    batches = table.batches(max(counts))
    seen = 0
    for batch in batches:
        if seen == len(counts) or batch.num_rows != counts[seen]:
            raise InvalidInput("The data has other rows than when it was scored.")
        seen += 1
        yield batch
    if seen < len(counts):
        raise InvalidInput("The data has fewer rows than when it was scored.")


def _kept(schema: pa.Schema, keep: list[str] | None) -> list[pa.Field]:
    if keep is None:
        return list(schema)
    if missing := [name for name in keep if name not in schema.names]:
        raise InvalidInput(
            f"The data has no column {missing[0][:80]!r} to keep.",
            hint=f"Its columns: {', '.join(schema.names)[:1000]}.",
        )
    return [schema.field(name) for name in keep]


def _free(name: str, taken: Sequence[pa.Field]) -> str:
    names = {each.name for each in taken}
    while name in names:
        name = f"failed_{name}"
    return name


def _writable(kind: pa.DataType, form: ResultFormat) -> pa.DataType:
    """Return the type in which a column is written: CSV has no lists and no bytes."""
    if form == "csv" and (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_dictionary(kind)):
        return pa.string()
    return kind


def _written(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if array.type == kind:
        return array
    if pa.types.is_dictionary(array.type):
        return array.cast(array.type.value_type).cast(kind)
    texts = [
        None if value is None else value if type(value) is str else msgspec.json.encode(value).decode()
        for value in json_values(array)
    ]
    return pa.array(texts, kind)


if __name__ == "__main__":
    os._exit(main())
