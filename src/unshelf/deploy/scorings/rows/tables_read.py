"""Tables that a scoring reads: the files of a source as batches of rows, in the same order each time."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.protocols.data import DataLimits
from unshelf.deploy.scorings.messages import BlobPlace, RowSource
from unshelf.develop.datasets.tabular import open_table
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.port import CHUNK_BYTES, Blobs, BlobSettings, LocalFiles


def blobs_at(place: BlobPlace) -> Blobs:
    """Open the blobs of the server."""
    settings = BlobSettings(setting=place.setting, folder=Path(place.folder), s3_endpoint=place.s3_endpoint)
    return open_blobs(settings)


class SourceTable:
    """The rows of a source."""

    def __init__(self, source: RowSource, blobs: Blobs, *, scratch: Path, limits: DataLimits) -> None:
        """Raises Unreadable, DuckDB's errors."""
        self._source = source
        self._files = {file.path: _local(file, number, blobs, scratch) for number, file in enumerate(source.files)}
        self._limits = limits
        self._scratch = scratch
        self._connection: duckdb.DuckDBPyConnection | None = None
        if source.format == "arrow":
            (place,) = self._files.values()
            with pa.ipc.open_stream(pa.memory_map(str(place))) as reader:
                self.schema: pa.Schema = reader.schema
            return
        table = open_table(
            self._files, source.format, memory_bytes=limits.memory_bytes, threads=limits.threads, scratch=scratch,
            exact=True, texts=source.texts,
        )  # fmt: skip
        self._connection = table.connection
        self.schema = table.connection.sql("select * from data limit 0").to_arrow_table().schema

    def rows(self) -> int | None:
        """Return how many rows there are, where that is known without reading them; None: it is not."""
        if self._source.format != "parquet" or self._connection is None:
            return None
        ((count,),) = self._connection.execute("select count(*) from data").fetchall()
        return int(count)

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield all rows in batches of this many, the last one of fewer."""
        return _cut(self._read(rows), self.schema, rows)

    def _read(self, rows: int) -> Iterable[pa.RecordBatch]:
        if self._connection is not None:
            yield from self._connection.sql("select * from data").to_arrow_reader(rows)
            return
        (place,) = self._files.values()
        with pa.ipc.open_stream(pa.memory_map(str(place))) as reader:
            yield from reader


def _cut(batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int) -> Iterator[pa.RecordBatch]:
    """Cut batches of any size into batches of one size."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        start = 0
        while count + batch.num_rows - start >= rows:
            part = batch.slice(start, rows - count)
            start += part.num_rows
            yield _joined([*waiting, part], schema)
            waiting, count = [], 0
        if start < batch.num_rows:
            waiting.append(batch.slice(start))
            count += batch.num_rows - start
    if waiting:
        yield _joined(waiting, schema)


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    (joined,) = pa.Table.from_batches(batches, schema).combine_chunks().to_batches()
    return joined


def put_file(blobs: Blobs, path: Path, name: str) -> BundleFile:
    """Store a file as a blob, under a name that people see."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        size = file.tell()
        file.seek(0)
        blobs.put(digest.hexdigest(), iter(lambda: file.read(CHUNK_BYTES), b""), limit=1 << 62)
    return BundleFile(path=name, sha256=digest.hexdigest(), size=size)


def put_bytes(blobs: Blobs, content: bytes, name: str) -> BundleFile:
    """Store bytes as a blob."""
    digest = hashlib.sha256(content).hexdigest()
    blobs.put(digest, [content], limit=len(content))
    return BundleFile(path=name, sha256=digest, size=len(content))


def _local(file: BundleFile, number: int, blobs: Blobs, scratch: Path) -> Path:
    if isinstance(blobs, LocalFiles):
        return blobs.path_of(file.sha256)
    place = scratch / f"{number}.data"
    with place.open("wb") as copy:
        for chunk in blobs.chunks(file.sha256):
            copy.write(chunk)
    return place
