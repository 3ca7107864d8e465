"""Files of rows that are written somewhere: cut into parts, the same each time, and as lines of CSV."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from unshelf.develop.datasets.json_values import json_values


def parts_of(file: pq.ParquetFile, *, most_bytes: int) -> Iterator[range]:
    """Yield the row groups of each part: as many as take this many bytes, at least one. A file without rows has one part of none."""
    start = size = 0
    for group in range(file.num_row_groups):
        more = file.metadata.row_group(group).total_byte_size
        if group > start and size + more > most_bytes:
            yield range(start, group)
            start, size = group, 0
        size += more
    yield range(start, file.num_row_groups)


def rows_in(file: pq.ParquetFile, groups: range) -> int:
    """Return the rows of some row groups."""
    return sum(file.metadata.row_group(group).num_rows for group in groups)


def write_part(file: pq.ParquetFile, groups: range, place: Path) -> None:
    """Write some row groups as a file of their own."""
    with pq.ParquetWriter(place, file.schema_arrow, compression="zstd") as writer:
        for group in groups:
            writer.write_table(file.read_row_group(group))


def csv_lines(table: pa.Table) -> bytes:
    """Return rows as lines of CSV that a database reads: nulls are empty, texts are quoted, bytes are hexadecimal, and what has no column
    type of its own is JSON."""
    written = pa.table({str(place): _plain(column) for place, column in enumerate(table.columns)})
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(written, sink, pa_csv.WriteOptions(include_header=False))
    return bytes(sink.getvalue())


def is_json(kind: pa.DataType) -> bool:
    """Whether the values of a column are written as JSON."""
    return bool(pa.types.is_nested(kind) or pa.types.is_duration(kind) or pa.types.is_null(kind))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        values = column.to_pylist()
        return pa.chunked_array([[None if value is None else f"\\x{value.hex()}" for value in values]], pa.string())
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if is_json(kind):
        texts = [None if value is None else msgspec.json.encode(value).decode() for value in json_values(column)]
        return pa.chunked_array([texts], pa.string())
    return column
