"""Closing: what is written, merged and removed becomes events, each once."""

from datetime import date
from pathlib import Path

import pytest

from tests.support.actors import actor
from tests.support.archive import archived, put_archived
from tests.support.ledger import actions, compact_here, ledger_of, verified
from tests.support.segments import held, record, write
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.records.archive import journal
from unshelf.records.archive.files import Archive
from unshelf.records.archive.journal import FileDigest, JournalEntry
from unshelf.records.archive.merging import merge
from unshelf.records.archive.retention import retain


def test_what_was_there_before_is_closed_the_first_time(database: Database, folder: Path) -> None:
    put_archived(folder, "01-0-a", record(1), record(2))
    ledger = ledger_of(database, folder)
    assert (verified(database, folder).files, verified(database, folder).faults) == (0, [])
    ledger.close()
    ledger.close()
    assert actions(database) == ["records.closed"]
    (event,) = EventStore(database).newest(limit=10).items
    assert event.after is not None
    assert (event.after["files"][0]["rows"], len(event.after["files"][0]["sha256"])) == (2, 64)
    report = verified(database, folder)
    assert (report.files, report.rows, report.pending, report.faults) == (1, 2, 0, [])


def test_old_files_that_were_merged_before_the_first_closing_are_known(database: Database, folder: Path) -> None:
    """Given files of an earlier release, which no journal tells of, merged with new ones before anything was closed."""
    put_archived(folder, "01-0-a", record(1))
    compact_here(folder, "02-0-a", record(2))
    assert merge(Archive(folder), archived(folder))
    compact_here(folder, "03-0-a", record(3))
    ledger_of(database, folder).close()
    assert (verified(database, folder).files, verified(database, folder).rows, verified(database, folder).faults) == (
        2,
        3,
        [],
    )


def test_the_life_of_records_is_a_chain_of_events(database: Database, folder: Path) -> None:
    """Given segments that become Parquet, are merged and go with time, then at every step all that must be there is known."""
    ledger, archive = ledger_of(database, folder), Archive(folder)
    ledger.close()
    compact_here(folder, "01-0-a", record(1), record(2))
    compact_here(folder, "02-0-a", record(3))
    report = verified(database, folder)
    assert (report.files, report.rows, report.pending, report.faults) == (2, 3, 2, [])
    ledger.close()
    assert (verified(database, folder).pending, list(journal.entries(folder))) == (0, [])
    assert merge(archive, archived(folder))
    assert (verified(database, folder).files, verified(database, folder).faults) == (1, [])
    ledger.close()
    report = verified(database, folder)
    assert (report.files, report.rows, report.pending, report.faults) == (1, 3, 0, [])
    assert retain(archive, days=1, max_bytes=None, today=date(2020, 1, 1), removing=ledger.removing) == 1
    report = verified(database, folder)
    assert (report.files, report.faults) == (0, [])
    assert actions(database) == ["records.closed", "records.closed", "records.merged", "records.removed"]


def test_files_that_go_before_the_hour_is_over_are_closed_first(database: Database, folder: Path) -> None:
    ledger, archive = ledger_of(database, folder), Archive(folder)
    compact_here(folder, "01-0-a", record(1))
    compact_here(folder, "02-0-a", record(2))
    assert merge(archive, archived(folder))
    assert retain(archive, days=None, max_bytes=0, today=date(2020, 1, 1), removing=ledger.removing) == 1
    assert verified(database, folder).faults == []
    assert actions(database) == ["records.closed", "records.closed", "records.merged", "records.removed"]
    (removed, *_) = EventStore(database).newest(limit=1).items
    assert removed.reason == "Kept for any number of days, and at most 0 bytes."


def test_a_segment_that_lies_closed_is_closed_into_the_log_and_then_made_parquet(
    database: Database, folder: Path
) -> None:
    ledger = ledger_of(database, folder)
    write(folder / "01-0-a.seg", record(1), record(2))
    write(folder / "02-0-a.seg", record(3))
    with held(folder / "02-0-a.seg"):
        ledger.close()
    assert verified(database, folder).files == 1
    compact_here(folder, "01-0-a", record(1), record(2))
    assert verified(database, folder).faults == []
    ledger.close()
    assert (verified(database, folder).files, verified(database, folder).faults) == (2, [])


def test_a_control_that_is_killed_after_its_transaction_closes_nothing_twice(database: Database, folder: Path) -> None:
    ledger = ledger_of(database, folder)
    ledger.close()
    compact_here(folder, "01-0-a", record(1))
    ((_, entry),) = journal.entries(folder)
    ledger.close()
    journal.add(folder, entry)
    ledger.close()
    assert actions(database) == ["records.closed", "records.closed"]
    assert list(journal.entries(folder)) == []


def test_many_files_are_told_of_in_few_events(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unshelf.records.ledger.closing._FILES_AN_EVENT", 4)
    ledger = ledger_of(database, folder)
    ledger.close()
    for number in range(5):
        compact_here(folder, f"0{number}-0-a", record(number))
    ledger.close()
    assert len(actions(database)) == 4
    assert (verified(database, folder).files, verified(database, folder).faults) == (5, [])


def test_a_difference_is_accepted_by_who_may_and_with_a_reason(database: Database, folder: Path) -> None:
    compact_here(folder, "01-0-a", record(1))
    compact_here(folder, "02-0-a", record(2))
    ledger = ledger_of(database, folder)
    ledger.close()
    gone, changed = archived(folder)
    (folder / "parquet" / gone.key).unlink()
    path = folder / "parquet" / changed.key
    other = put_archived(folder, "03-0-a", record(3))
    path.write_bytes((folder / "parquet" / other.key).read_bytes())
    assert {fault.path for fault in verified(database, folder).faults} == {gone.key, changed.key, other.key}
    for each in (gone, changed, other):
        ledger.accept(actor(), each.key, "A restore that went wrong.")
    assert verified(database, folder).faults == []
    assert actions(database)[-3:] == ["records.accepted"] * 3
    with pytest.raises(NotFound):
        ledger.accept(actor(), gone.key, "Again.")
    for path_given, reason in [("../x.parquet", "r"), ("x", "r"), (gone.key, " ")]:
        with pytest.raises(InvalidInput):
            ledger.accept(actor(), path_given, reason)
    with pytest.raises(Forbidden):
        ledger.accept(actor("deploy"), changed.key, "r")


def test_an_entry_without_files_is_no_event(database: Database, folder: Path) -> None:
    ledger = ledger_of(database, folder)
    source = FileDigest(path="01-0-a.seg", sha256="0" * 64, rows=0, bytes=8)
    journal.add(folder, JournalEntry(sources=[source], made=[]))
    ledger.close()
    assert actions(database) == ["records.closed"]
    assert list(journal.entries(folder)) == []
