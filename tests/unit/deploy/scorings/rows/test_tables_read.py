"""Sources are read in the same order each time, in batches of one size, however their files are cut."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unshelf.contracts.protocols.data import DataLimits
from unshelf.deploy.scorings.messages import BlobPlace, RowSource
from unshelf.deploy.scorings.rows.tables_read import SourceTable, blobs_at, put_bytes, put_file
from unshelf.runtime.blobs.port import Blobs

LIMITS = DataLimits(seconds=60, memory_bytes=256 << 20, threads=2, rows=1 << 40, output_bytes=1 << 40)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return blobs_at(BlobPlace(setting="files", folder=str(tmp_path / "blobs"), s3_endpoint=""))


def numbers(source: RowSource, blobs: Blobs, scratch: Path, size: int) -> list[list[int]]:
    table = SourceTable(source, blobs, scratch=scratch, limits=LIMITS)
    return [batch.column("n").to_pylist() for batch in table.batches(size)]


@pytest.mark.parametrize("size", [1, 7, 10, 64, 1000])
def test_batches_have_one_size_and_the_order_of_the_file(blobs: Blobs, tmp_path: Path, size: int) -> None:
    pq.write_table(pa.table({"n": range(100)}), tmp_path / "t.parquet", row_group_size=13)
    file = put_file(blobs, tmp_path / "t.parquet", "t.parquet")
    found = numbers(RowSource(files=[file], format="parquet"), blobs, tmp_path, size)
    assert [number for batch in found for number in batch] == list(range(100))
    assert {len(batch) for batch in found[:-1]} <= {size}


def test_a_stream_of_a_connection_is_read_as_it_was_left(blobs: Blobs, tmp_path: Path) -> None:
    with (
        pa.OSFile(str(tmp_path / "s"), "wb") as file,
        pa.ipc.new_stream(file, pa.schema([("n", pa.int64())])) as stream,
    ):
        for start in (0, 3, 5):
            stream.write_table(pa.table({"n": [start, start + 1]}))
    source = RowSource(files=[put_file(blobs, tmp_path / "s", "rows.arrow")], format="arrow")
    assert numbers(source, blobs, tmp_path, 4) == [[0, 1, 3, 4], [5, 6]]


def test_files_are_read_by_path_and_texts_stay_texts(blobs: Blobs, tmp_path: Path) -> None:
    files = [put_bytes(blobs, f"n,zip\n{n},00{n}\n".encode(), f"{n}.csv") for n in (1, 2)]
    table = SourceTable(RowSource(files=files, format="csv", texts=["zip"]), blobs, scratch=tmp_path, limits=LIMITS)
    assert [batch.to_pylist() for batch in table.batches(10)] == [[{"n": 1, "zip": "001"}, {"n": 2, "zip": "002"}]]


def test_large_integers_and_nanoseconds_keep_all_their_digits(blobs: Blobs, tmp_path: Path) -> None:
    made = pa.table({"n": pa.array([2**64 - 1], pa.uint64()), "at": pa.array([1], pa.timestamp("ns"))})
    pq.write_table(made, tmp_path / "t.parquet")
    source = RowSource(files=[put_file(blobs, tmp_path / "t.parquet", "t.parquet")], format="parquet")
    (batch,) = SourceTable(source, blobs, scratch=tmp_path, limits=LIMITS).batches(10)
    assert batch.column("n").to_pylist() == [2**64 - 1]
    assert batch.column("at").cast(pa.int64()).to_pylist() == [1]
