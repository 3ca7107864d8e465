"""`python -m unshelf.deploy.scorings.read_process`: write the rows of a source as chunks for a version's program, and the end.

Files of users are parsed in a process of its own, bounded in memory and time. Reads a ReadRows as JSON from standard input and writes a
ReadAnswer to standard output."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import pyarrow as pa

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.signature import Columns, Signature
from unshelf.deploy.scorings.messages import ReadAnswer, ReadRows, RowSource, RowsRead
from unshelf.deploy.scorings.rows.json_rows import RowWriter
from unshelf.deploy.scorings.rows.problems import answer_or_problem
from unshelf.deploy.scorings.rows.tables_read import SourceTable, blobs_at, put_bytes
from unshelf.deploy.scorings.scoring import CHUNK_ROWS, FEW_CHUNKS, LARGE_CHUNK_ROWS
from unshelf.records.process_bounds import answer_order
from unshelf.runtime.blobs.port import Blobs
from unshelf.runtime.machine.own_group import usable_cores

_STORED_AT_ONCE = 2
_LARGE_ROWS = 500_000
"""Rows from which on a second process is worth its start."""
_MOST_WAITING = 4
"""Chunks that wait to be stored, at most: each takes memory."""


def main() -> int:
    """Carry out the order on standard input."""
    return answer_order(ReadRows, carry_out)


def carry_out(order: ReadRows) -> ReadAnswer:
    """Carry out an order; what goes wrong with the data is a problem, not an exception."""
    return answer_or_problem(order.limits, lambda: _read(order))


def text_columns(signature: Signature, schema: pa.Schema) -> list[str]:
    """Return the columns of CSV that have to be read as text: texts that look like something else, and whole numbers that became
    floats."""
    if not isinstance(signature.inputs, Columns):
        return []
    found = {field.name: field.type for field in schema}
    texts = []
    for column in signature.inputs.columns:
        kind = found.get(column.name)
        is_misread = kind is not None and (
            (column.type in ("string", "json", "bytes") and not pa.types.is_string(kind))
            or ("int" in column.type and pa.types.is_floating(kind))
        )
        if is_misread:
            texts.append(column.name)
    return texts


def _read(order: ReadRows) -> RowsRead:
    blobs, scratch = blobs_at(order.blobs), Path(order.scratch)
    source = order.source
    table = SourceTable(source, blobs, scratch=scratch, limits=order.limits)
    if source.format == "csv" and (texts := text_columns(order.signature, table.schema)):
        source = RowSource(files=source.files, format=source.format, texts=texts)
        table = SourceTable(source, blobs, scratch=scratch, limits=order.limits)
    columns = list(table.schema.names)
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise InvalidInput(f"The data has two columns {twice[:80]!r}.")
    writer = RowWriter(order.signature, columns, from_text=source.format == "csv")
    size = order.chunk_rows or _chunk_rows(table)
    order = msgspec.structs.replace(order, source=source, chunk_rows=size)
    with OtherHalf(order, table.rows()) as half, ChunkStore(blobs) as store:
        for batch in _first(table.batches(size), order.most_rows):
            if len(store.counts) == order.most_chunks:
                raise InvalidInput(
                    f"There are more than {size * order.most_chunks} rows.",
                    hint="Choose larger chunks, or score the data in parts.",
                )
            is_second = len(store.counts) % 2 == 1
            if order.is_half != is_second and (order.is_half or half.runs):
                store.leave_out(batch.num_rows)
            else:
                store.add(_lines(batch, order.batch_rows, writer), batch.num_rows)
        if not store.counts:
            raise InvalidInput("The data has no rows.")
        files = sorted([*store.files, *half.files()], key=lambda file: file.path)
    if not order.is_half:
        plan = msgspec.json.encode(order.plan | {"rows": store.counts, "params": order.params})
        files.append(put_bytes(blobs, plan, "plan.json"))
    return RowsRead(rows=sum(store.counts), files=files, columns=columns, unused=writer.unused, texts=source.texts)


def _lines(batch: pa.RecordBatch, rows: int, writer: RowWriter) -> bytes:
    """Return a chunk: a line for each of its batches."""
    parts = (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))
    return b"".join([b"%d %s\n" % (part.num_rows, writer.json(part)) for part in parts])


class OtherHalf:
    """A process like this one that stores every second chunk of a large table, which is there where the machine has a core for it."""

    def __init__(self, order: ReadRows, rows: int | None) -> None:
        is_large = rows is not None and rows >= _LARGE_ROWS and order.most_rows is None
        self.runs = is_large and not order.is_half and usable_cores() > 1
        self._order = msgspec.structs.replace(order, is_half=True, scratch=str(Path(order.scratch) / "half"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "OtherHalf":
        if self.runs:
            Path(self._order.scratch).mkdir()
            command, pipe = [sys.executable, "-P", "-m", "unshelf.deploy.scorings.read_process"], subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe)
            assert self._process.stdin is not None  # noqa: S101 - a pipe
            self._process.stdin.write(msgspec.json.encode(self._order))
            self._process.stdin.close()
            self._process.stdin = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def files(self) -> list[BundleFile]:
        """Return the chunks that it stored, once all are. Raises InvalidInput for what is wrong with the data."""
        if self._process is None:
            return []
        process, self._process = self._process, None
        said, _ = process.communicate()
        if process.returncode or not said:
            raise MemoryError  # the kernel ended it, or the data needs more memory than it may take
        answer = msgspec.json.decode(said, type=ReadAnswer)
        if not isinstance(answer, RowsRead):
            raise InvalidInput(answer.detail, hint=answer.hint)
        return answer.files


def _chunk_rows(table: SourceTable) -> int:
    """Return how many rows a chunk has where nobody chose: each chunk costs a file and a write to the disk at every step."""
    rows = table.rows()
    return CHUNK_ROWS if rows is None else min(LARGE_CHUNK_ROWS, max(CHUNK_ROWS, rows // FEW_CHUNKS))


class ChunkStore:
    """Stores chunks as blobs, beside what is done meanwhile: each is hashed, and is on the disk."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._threads = ThreadPoolExecutor(_STORED_AT_ONCE)
        self._stored: list[Future[BundleFile]] = []
        self.counts: list[int] = []
        """The rows of each chunk."""

    def __enter__(self) -> "ChunkStore":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._threads.shutdown(cancel_futures=kind is not None)

    def add(self, content: bytes, rows: int) -> None:
        """Add a chunk. Raises what storing an earlier one raised."""
        number = len(self.counts)
        self._stored.append(self._threads.submit(put_bytes, self._blobs, content, f"chunks/{number:06}"))
        self.counts.append(rows)
        if len(self._stored) > _MOST_WAITING:
            self._stored[-_MOST_WAITING - 1].result()

    def leave_out(self, rows: int) -> None:
        """Count a chunk that another process stores."""
        self.counts.append(rows)

    @property
    def files(self) -> list[BundleFile]:
        """The chunks, once all are stored."""
        return [stored.result() for stored in self._stored]


def _first(batches: Iterable[pa.RecordBatch], most: int | None) -> Iterator[pa.RecordBatch]:
    """Yield the first rows of batches, at most this many; None: all of them."""
    if most is None:
        yield from batches
        return
    left = most
    for batch in batches:
        yield batch.slice(0, left)
        left -= batch.num_rows
        if left <= 0:
            return


if __name__ == "__main__":
    os._exit(main())
