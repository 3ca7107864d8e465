"""Merging of small files: which go together, and what stands in their place."""

import os
import time
from pathlib import Path

import pyarrow.parquet as pq

from tests.support.archive import DAY, archived, put_archived
from tests.support.segments import record
from unshelf.contracts.records import MAGIC
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ArchivedFile
from unshelf.records.archive.merging import (
    GRACE_SECONDS,
    MANY,
    discard_leftovers,
    due,
    is_due,
    is_ready,
    merge,
    movable,
)

TODAY = int(time.time()) // DAY * DAY


def put(folder: Path, count: int, *, second: int = 0, first: int = 1) -> list[ArchivedFile]:
    """Files of one record each, in one partition."""
    return [put_archived(folder, f"{n:02}-0-a", record(second + n)) for n in range(first, first + count)]


def ids(folder: Path, file: ArchivedFile) -> list[str]:
    found: list[str] = pq.ParquetFile(Archive(folder).path(file)).read(["id"]).column("id").to_pylist()
    return found


def test_a_day_that_is_over_is_merged_from_two_files_on(folder: Path) -> None:
    archive = Archive(folder)
    put(folder, 1)
    assert not is_due(archive)
    put(folder, 1, first=2)
    assert [[file.last_segment for file in batch] for batch in due(archive)] == [["01-0-a", "02-0-a"]]
    assert movable(archive) == []


def test_this_day_is_merged_once_there_are_many(folder: Path) -> None:
    put(folder, MANY - 1, second=TODAY)
    assert not is_due(Archive(folder))
    put(folder, 1, second=TODAY, first=MANY)
    assert [len(batch) for batch in due(Archive(folder))] == [MANY]


def test_files_whose_segment_is_still_there_wait(folder: Path) -> None:
    first, second = put(folder, 2)
    (folder / "02-0-a.seg").write_bytes(MAGIC)
    archive = Archive(folder)
    assert (is_ready(archive, first), is_ready(archive, second), is_due(archive)) == (True, False, False)


def test_files_with_other_columns_stay_apart(folder: Path) -> None:
    files = put(folder, 4)
    archive = Archive(folder)
    for file in files[2:]:
        table = pq.ParquetFile(archive.path(file)).read()
        pq.write_table(table.append_column("more", table.column("id")), archive.path(file))
    assert [[file.last_segment for file in batch] for batch in due(archive)] == [
        ["01-0-a", "02-0-a"],
        ["03-0-a", "04-0-a"],
    ]


def test_one_file_with_all_rows_stands_in_the_place_of_those_merged(folder: Path) -> None:
    *merged, other = put(folder, 3)
    rests: list[None] = []
    assert merge(Archive(folder), merged, lambda: rests.append(None))
    found, kept = archived(folder)
    assert (found.is_merged, found.last_segment, kept.key) == (True, "02-0-a", other.key)
    assert ids(folder, found) == ["p1", "p2"]
    assert rests


def test_a_merge_is_given_up_where_retention_was_quicker(folder: Path) -> None:
    """Given a source that is removed once its rows are read, then the others stay what they were."""
    files = put(folder, 2)
    archive = Archive(folder)

    def remove_one() -> None:
        archive.path(files[0]).unlink(missing_ok=True)

    assert not merge(archive, [files[0]], remove_one)
    assert archived(folder) == [files[1]]
    assert list((archive.staging / "merges").iterdir()) == []


def test_exchanged_folders_go_once_nobody_reads_them(folder: Path) -> None:
    archive = Archive(folder)
    merge(archive, put(folder, 2))
    discard_leftovers(archive)
    (work,) = (archive.staging / "merges").iterdir()
    long_ago = time.time() - GRACE_SECONDS - 1
    os.utime(work, (long_ago, long_ago))
    discard_leftovers(archive)
    assert list((archive.staging / "merges").iterdir()) == []
