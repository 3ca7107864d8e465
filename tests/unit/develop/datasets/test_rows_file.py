"""The file of rows: an Arrow stream within limits, or nothing."""

from pathlib import Path

import pyarrow as pa
import pytest

from unshelf.contracts.protocols.data import DataLimits
from unshelf.develop.datasets.rows_file import ROWS_FILE, RowsWriter, TooMuch

BATCH = pa.record_batch({"a": [1, 2, 3]})


def limits(*, rows: int = 100, output_bytes: int = 4 << 20) -> DataLimits:
    return DataLimits(seconds=1, memory_bytes=1, threads=1, rows=rows, output_bytes=output_bytes)


def test_what_was_written_is_read_back_and_counted(tmp_path: Path) -> None:
    with RowsWriter(tmp_path, BATCH.schema, limits()) as writer:
        writer.write(BATCH)
        writer.write(BATCH)
    content = (tmp_path / ROWS_FILE).read_bytes()
    assert pa.ipc.open_stream(content).read_all().column("a").to_pylist() == [1, 2, 3, 1, 2, 3]
    assert (writer.written.rows, writer.written.bytes) == (6, len(content))


def test_no_rows_are_a_stream_too(tmp_path: Path) -> None:
    with RowsWriter(tmp_path, BATCH.schema, limits()):
        pass
    assert pa.ipc.open_stream((tmp_path / ROWS_FILE).read_bytes()).read_all().schema == BATCH.schema


@pytest.mark.parametrize("bounds", [limits(rows=5), limits(output_bytes=1 << 20)])
def test_more_than_the_limits_is_refused(tmp_path: Path, bounds: DataLimits) -> None:
    with pytest.raises(TooMuch, match="more"), RowsWriter(tmp_path, BATCH.schema, bounds) as writer:
        for _ in range(2):
            writer.write(BATCH)
