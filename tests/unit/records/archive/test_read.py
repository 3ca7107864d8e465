"""Records in the archive: found without their bodies, and read wherever they have been moved since."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.archive import put_archived
from tests.support.segments import SECOND, record
from unshelf.contracts.records import PredictionRecord
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ArchivedFile
from unshelf.records.archive.merging import merge
from unshelf.records.archive.read import RecordLocation, archived_record, find, newest_ns
from unshelf.records.selection import Selection

IRIS = Selection(model="iris")


def located(folder: Path, file: ArchivedFile, selection: Selection = IRIS) -> list[RecordLocation]:
    return list(find(Archive(folder), file, selection))


def ids(locations: list[RecordLocation]) -> list[str | None]:
    found = [archived_record(location) for location in locations]
    return [None if each is None else each.id for each in found]


def test_records_are_found_and_read_as_they_were_written(folder: Path) -> None:
    records = [record(1, input=b"\x00\xff"), record(2, status=500, code="model_error", output=b"")]
    file = put_archived(folder, "1-0-a", *records)
    locations = located(folder, file)
    assert [(one.time_ns, one.segment, one.row) for one in locations] == [
        (SECOND, "1-0-a", 0),
        (2 * SECOND, "1-0-a", 1),
    ]
    read: list[PredictionRecord | None] = [archived_record(location) for location in locations]
    assert read == records


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(model="iris", status="error"), ["p2"]),
        (Selection(model="iris", status="2xx"), ["p1"]),
        (Selection(model="iris", version=2), []),
        (Selection(model="tulip"), []),
    ],
)
def test_only_records_of_the_selection_are_found(folder: Path, selection: Selection, found: list[str]) -> None:
    file = put_archived(folder, "1-0-a", record(1), record(2, status=500))
    assert ids(located(folder, file, selection)) == found


def test_rows_of_other_segments_and_what_was_read_before_are_passed_over(folder: Path) -> None:
    file = put_archived(folder, "1-0-a", record(1), record(2))
    first, second = located(folder, file)
    archive = Archive(folder)

    def rows(**options: Any) -> list[int]:
        return [one.row for one in find(archive, file, IRIS, **options)]

    assert rows(only={"2-0-b"}) == []
    assert rows(only={"1-0-a"}, read_to={"1-0-a": second.offset}) == [second.row]
    assert rows(read_to={"2-0-b": second.offset + 1}) == [first.row, second.row]


def test_a_record_is_read_after_its_file_was_merged(folder: Path) -> None:
    files = [put_archived(folder, f"{number}-0-a", record(number)) for number in (1, 2)]
    locations = [location for file in files for location in located(folder, file)]
    assert merge(Archive(folder), files)
    assert ids(locations) == ["p1", "p2"]
    (merged,) = Archive(folder).files()
    assert ids(located(folder, merged)) == ["p1", "p2"]


def test_a_record_that_was_removed_is_none(folder: Path) -> None:
    file = put_archived(folder, "1-0-a", record(1))
    (location,) = located(folder, file)
    Archive(folder).remove([file])
    assert archived_record(location) is None
    with pytest.raises(FileNotFoundError):
        located(folder, file)


def test_a_file_says_its_newest_moment(folder: Path) -> None:
    file = put_archived(folder, "1-0-a", record(7), record(3))
    assert newest_ns(Archive(folder), file) == 7 * SECOND


def test_a_row_is_read_from_its_own_row_group(folder: Path) -> None:
    file = put_archived(folder, "1-0-a", *(record(number) for number in range(10)))
    path = Archive(folder).path(file)
    table = pq.ParquetFile(path).read()
    pq.write_table(table, path, row_group_size=3)
    assert ids(located(folder, file)) == [f"p{number}" for number in range(10)]


def test_a_file_of_the_first_release_is_read_too(folder: Path) -> None:
    """Given a file without the columns that came later, then its records have their defaults, and its name is their segment."""
    file = put_archived(folder, "1-0-a", record(1))
    path = Archive(folder).path(file)
    table: pa.Table = pq.ParquetFile(path).read().drop_columns(["segment", "purpose", "trace"])
    pq.write_table(table, path)
    (location,) = located(folder, file)
    assert (location.segment, archived_record(location)) == ("1-0-a", record(1))
