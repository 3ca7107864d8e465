"""Reading records that count: purposes, segments, and files of earlier releases."""

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.windows import CountedRecords
from unshelf.monitor.windows.reading import first_requests, pieces


def test_segments_that_were_counted_and_other_purposes_are_left_out(records: CountedRecords) -> None:
    name = records.keep(records.call(0.1), records.call(0.2, purpose="try"))
    (file,) = records.archive.files()
    assert [piece.num_rows for piece in pieces(records.archive, file)] == [1]
    assert list(pieces(records.archive, file, without={name})) == []


def test_files_of_an_earlier_release_have_every_fact(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    (file,) = records.archive.files()
    path = records.archive.path(file)
    pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["purpose", "segment", "queue_us"]), path)
    (piece,) = pieces(records.archive, file)
    assert piece.column("queue_us").to_pylist() == [None]


def test_the_first_requests_are_those_of_the_first_segments_that_were_answered(records: CountedRecords) -> None:
    records.keep(records.call(0.1, [[1.0, "a"]]), records.call(0.2, status=500, code="model_failed"))
    records.keep(records.call(0.3, [[2.0, "a"]]), records.call(0.4, [[3.0, "a"]]))
    files = records.archive.files()[::-1]
    table, is_enough = first_requests(records.archive, files, 2)
    assert table is not None
    assert (table.column("in_x").to_pylist(), is_enough) == ([[1.0], [2.0]], True)
    table, is_enough = first_requests(records.archive, files, 10)
    assert table is not None
    assert (table.num_rows, is_enough) == (3, False)
    assert first_requests(records.archive, [], 10) == (None, False)


def test_requests_of_a_time_without_the_signature_are_passed_over(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    (file,) = records.archive.files()
    path = records.archive.path(file)
    bare = pq.read_table(path, partitioning=None).drop_columns(["in_x"])
    assert isinstance(bare, pa.Table)
    records.keep(records.call(0.2))
    pq.write_table(bare, records.archive.path(records.archive.files()[-1]))
    table, _ = first_requests(records.archive, records.archive.files(), 10)
    assert table is not None
    assert table.num_rows == 1
