"""Verification of files: what was changed, taken away or put there is named."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.support import archive as archives
from tests.support.archive import archived, put_archived
from tests.support.ledger import compact_here, ledger_of, verified
from tests.support.segments import record, write
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.records.archive import journal
from unshelf.records.archive.files import Archive, DamagedFile
from unshelf.records.archive.merging import merge


def found(database: Database, folder: Path) -> list[tuple[str, str]]:
    return [(fault.path, fault.detail) for fault in verified(database, folder).faults]


@pytest.fixture
def closed(database: Database, folder: Path) -> Path:
    """A folder with two files of one record each, closed into the log."""
    compact_here(folder, "01-0-a", record(1))
    compact_here(folder, "02-0-a", record(2))
    ledger_of(database, folder).close()
    return folder


def test_a_file_that_is_taken_away_is_named_with_the_event_that_closed_it(database: Database, closed: Path) -> None:
    first, _ = archived(closed)
    (closed / "parquet" / first.key).unlink()
    (fault,) = verified(database, closed).faults
    assert (fault.path, fault.sequence is not None, fault.since is not None) == (first.key, True, True)
    assert fault.detail == "Missing, with 1 records; neither retention nor merging removed it."
    assert "unshelf audit accept" in fault.advice


def test_a_file_that_nobody_wrote_is_named(database: Database, closed: Path) -> None:
    forged = put_archived(closed, "03-0-a", record(3))
    assert found(database, closed) == [
        (forged.key, "No event says that the platform wrote this file: its records may be false.")
    ]


def test_a_damaged_file_is_named_where_it_lies_now(database: Database, closed: Path) -> None:
    first, _ = archived(closed)
    Archive(closed).put_aside(DamagedFile(first, "no magic"))
    ((path, detail),) = found(database, closed)
    assert (path, "Damaged: it can't be read, and lies in predictions/" in detail) == (first.key, True)


def test_a_change_is_not_washed_out_by_merging(database: Database, closed: Path) -> None:
    first, second = archived(closed)
    other = put_archived(closed, "03-0-a", record(7))
    path = closed / "parquet" / first.key
    shutil.move(closed / "parquet" / other.key, path)
    assert merge(Archive(closed), [first, second])
    ledger_of(database, closed).close()
    ((changed, detail),) = found(database, closed)
    assert changed == first.key
    assert detail.startswith("Changed between being closed and being merged (event ")


def test_a_merge_that_drops_records_is_named(database: Database, closed: Path) -> None:
    """Given a merged file with fewer records than those that it replaced, as somebody may put it there who writes the journal."""
    files = archived(closed)
    assert merge(Archive(closed), files)
    ((path, entry),) = journal.entries(closed)
    path.unlink()
    journal.add(closed, journal.JournalEntry(sources=entry.sources, made=[_with_rows(entry.made[0], 1)]))
    ledger_of(database, closed).close()
    assert "Written with the wrong number of records: 2 records became 1." in [
        detail for _, detail in found(database, closed)
    ]


def test_a_merge_of_files_that_nobody_wrote_is_named(database: Database, closed: Path) -> None:
    first, _ = archived(closed)
    forged = put_archived(closed, "03-0-a", record(3))
    assert merge(Archive(closed), [first, forged])
    ledger_of(database, closed).close()
    assert found(database, closed) == [(forged.key, "Merged, but no event says that it was written.")]


def test_a_segment_that_was_changed_before_it_became_parquet_is_named(database: Database, folder: Path) -> None:
    write(folder / "01-0-a.seg", record(1))
    ledger_of(database, folder).close()
    compact_here(folder, "01-0-a", record(9))
    ((path, detail),) = found(database, folder)
    assert (path, detail.startswith("Changed between being closed and being made Parquet")) == ("01-0-a.seg", True)


def test_an_edited_event_about_files_stops_nothing(database: Database, closed: Path) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE events SET after = '{}' WHERE action = 'records.closed'"))
    assert len(found(database, closed)) == 2


def _with_rows(file: journal.FileDigest, rows: int) -> journal.FileDigest:
    return journal.FileDigest(path=file.path, sha256=file.sha256, rows=rows, bytes=file.bytes)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path]]:
    """An archive with two files, and a segment that lies closed, all closed into the log."""
    folder = archives.folder(tmp_path_factory.mktemp("closed"))
    database = SqliteDatabase(f"sqlite:///{folder.parent}/test.db")
    Base.metadata.create_all(database.engine)
    compact_here(folder, "01-0-a", record(1), record(2))
    compact_here(folder, "02-0-a", record(3))
    write(folder / "03-0-a.seg", record(4))
    ledger_of(database, folder).close()
    yield database, folder
    database.dispose()


@settings(max_examples=150, deadline=None)
@given(number=st.integers(0, 2), place=st.integers(0, 1 << 20), byte=st.integers(1, 255))
def test_any_byte_that_is_changed_is_found(written: tuple[Database, Path], number: int, place: int, byte: int) -> None:
    database, folder = written
    path = sorted([*folder.glob("parquet/**/*.parquet"), *folder.glob("*.seg")])[number]
    right = path.read_bytes()
    wrong = bytearray(right)
    wrong[place % len(wrong)] ^= byte
    path.write_bytes(wrong)
    try:
        (fault,) = verified(database, folder).faults
        assert path.as_posix().endswith(fault.path)
        assert fault.detail.startswith("Changed since it was written, with ")
    finally:
        path.write_bytes(right)
    assert verified(database, folder).faults == []
