"""`python -m unshelf.monitor.retraining.collect_process`: write recorded predictions with their labels as a table, and the end.

A process of its own, with low priority and bounds: it reads what callers sent. Reads a CollectOrder as JSON from standard input and writes
a CollectAnswer to standard output."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.data import DataProblem
from unshelf.monitor.performance.joining import DayJoin, columns_in, texts_of
from unshelf.monitor.performance.labels_file import Labels, read_labels
from unshelf.monitor.performance.recorded.rows import aligned, rows_of
from unshelf.monitor.retraining.messages import COLLECTED_FILE, CollectAnswer, CollectOrder, RowsCollected
from unshelf.monitor.windows.kinds import recorded_columns
from unshelf.monitor.windows.reading import pieces
from unshelf.monitor.windows.window import INPUT, OUTPUT, input_column
from unshelf.records.archive.compaction import write_parquet
from unshelf.records.archive.files import Archive, DamagedFile, open_archive
from unshelf.records.archive.layout import ArchivedFile, day_of, segments
from unshelf.records.process_bounds import answer_order
from unshelf.records.signatures import PublishedSignatures

_ANSWERED = 200
_ID, _ROW, _TIME, _VERSION = "prediction_id", "prediction_row", "predicted_at", "predicted_version"


def main() -> int:
    """Carry out the order on standard input."""
    return answer_order(CollectOrder, carry_out)


def carry_out(order: CollectOrder) -> CollectAnswer:
    """Carry out an order; what is wrong with the data is a problem, not an exception."""
    try:
        return _Collecting(order).done()
    except InvalidInput as error:
        return DataProblem(code=error.code, detail=error.detail, hint=error.hint)
    except (FileNotFoundError, DamagedFile):
        return DataProblem(code="unavailable", detail="Files of records were merged or moved while they were read.")
    except (pa.ArrowException, MemoryError) as error:
        return DataProblem(
            code="invalid_input", detail=f"The predictions don't fit into one table: {type(error).__name__}.",
            hint="Choose one version, or a shorter range.",
        )  # fmt: skip


class _Collecting:
    """The work of one order."""

    def __init__(self, order: CollectOrder) -> None:
        self._order = order
        self._scratch = Path(order.scratch)
        self._archive = open_archive(Path(order.folder), setting=order.predictions, s3_endpoint=order.s3_endpoint)
        self._labels: tuple[Labels, Labels] | None = None
        if order.labels:
            self._labels = read_labels([self._scratch / order.labels])

    def done(self) -> RowsCollected:
        """Write all rows."""
        tables: list[Any] = []
        rows = 0
        versions: set[int] = set()
        for version, table in self._tables():
            rows += table.num_rows
            if rows > self._order.most_rows:
                raise InvalidInput(
                    f"There are more than {self._order.most_rows:,} rows.",
                    hint="Choose a shorter range, a version or a slice.",
                )
            if table.num_rows:
                versions.add(version)
                tables.append(table)
        if not tables:
            return RowsCollected(rows=0, labelled=0, versions=[])
        whole = (
            pa.concat_tables(tables, promote_options="permissive")
            .combine_chunks()
            .sort_by([(_TIME, "ascending"), (_ID, "ascending")])
        )
        labelled = 0
        if self._labels is not None:
            label = self._order.label
            values = whole.column(label).to_pylist()
            labelled = sum(value is not None for value in values)
            whole = whole.set_column(whole.schema.names.index(label), label, pa.chunked_array([_typed(values)]))
        pq.write_table(whole, self._scratch / COLLECTED_FILE, compression="zstd")
        return RowsCollected(rows=whole.num_rows, labelled=labelled, versions=sorted(versions))

    def _tables(self) -> Iterator[tuple[int, Any]]:
        """Yield the wanted rows, a table a piece of a file: of the archive, then of what is not Parquet yet."""
        first, last = day_of(self._order.since_ns), day_of(self._order.until_ns)
        known = {self._order.model}
        present = segments(self._archive.folder)
        found = self._archive.files(known.__contains__, without=present)
        live = Archive(self._scratch / "live")
        signatures = PublishedSignatures(Path(self._order.run_folder))
        for segment in present.values():
            write_parquet(segment, live.folder, signatures, known=known, wanted=known.__contains__, lasting=False)
        for archive, files in ((self._archive, found), (live, live.local_files())):
            for file in files:
                version = int(file.key.split("/")[1].removeprefix("version="))
                if version in self._order.versions and first <= file.day <= last:
                    for records in self._read(archive, file):
                        yield version, self._rows(records, version)

    def _read(self, archive: Archive, file: ArchivedFile) -> Iterator[Any]:
        with archive.opened(file) as parquet:
            wanted = list(recorded_columns(parquet.schema_arrow).values())
        for records in pieces(archive, file, only=["id", *wanted]):
            times = pc.cast(records.column("time"), pa.int64())
            within = pc.and_(pc.greater_equal(times, self._order.since_ns), pc.less(times, self._order.until_ns))
            yield records.filter(pc.and_(within, pc.equal(records.column("status"), _ANSWERED))).combine_chunks()

    def _rows(self, records: Any, version: int) -> Any:
        """Return a table with a row for each row of the records."""
        columns = recorded_columns(records.schema)
        base = next((column for name, column in columns.items() if name.startswith(OUTPUT)), None)
        if base is None or not records.num_rows:
            return pa.table({})
        rows = rows_of(records, base, None, 1)
        assert rows is not None  # noqa: S101 - there are answers
        record = pa.array(rows.record)
        made = {
            _ID: records.column("id").take(record), _ROW: pa.array(rows.row),
            _TIME: pc.cast(records.column("time").take(record), pa.timestamp("us"), safe=False),  # records know nanoseconds
            _VERSION: pa.array(np.full(len(rows.record), version)),
        }  # fmt: skip
        for name, column in columns.items():
            made[_free(name, made)] = aligned(rows, column)
        keep: np.ndarray = np.full(len(rows.record), True)
        if self._order.slice is not None:
            keep &= self._in_slice(rows, columns)
        if self._labels is not None:
            truths = self._truths(records, version, rows)
            made[self._order.label] = pa.array(truths, pa.string())
            keep &= np.array([truth is not None for truth in truths], dtype=bool)
        return pa.table(made).filter(pa.array(keep))

    def _in_slice(self, rows: Any, columns: dict[str, str]) -> np.ndarray:
        name, value = self._order.slice or ("", "")
        column = columns.get(input_column(name))
        if column is None:
            raise InvalidInput(f"No version has the input {name[:80]!r}.", hint="A slice is COLUMN=VALUE of an input.")
        found: np.ndarray = np.array(
            [text == value for text in texts_of(aligned(rows, column)).to_pylist()], dtype=bool
        )
        return found

    def _truths(self, records: Any, version: int, rows: Any) -> list[str | None]:
        """Return the label of each row as JSON; None: it is not known."""
        assert self._labels is not None  # noqa: S101 - they are wanted
        roles = self._order.roles.get(version)
        if roles is None:
            return [None] * len(rows.record)
        return DayJoin(roles, *self._labels).truths(rows, columns_in(records.schema, roles))


def _free(name: str, taken: dict[str, Any]) -> str:
    """Return the name of a column of the table: that of the signature, unless another has it."""
    plain = name.removeprefix(INPUT).removeprefix(OUTPUT)
    return plain if plain not in taken else f"out_{plain}" if name.startswith(OUTPUT) else f"in_{plain}"


def _typed(texts: list[str | None]) -> Any:
    """Return labels, which are JSON, as a column of the narrowest type that holds them all."""
    values = [None if text is None else _read(text) for text in texts]
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pa.array(values, pa.bool_())
    if kinds <= {int}:
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _read(text: str) -> Any:
    return json.loads(text)


if __name__ == "__main__":
    os._exit(main())
