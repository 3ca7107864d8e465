"""Verification: no edit, deletion, reordering or cut-off end of the event log goes unseen."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.support.actors import actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.verification import verify_chain

ANA = actor(name="ana")
COLUMNS = [
    "sequence", "previous_hash", "hash", "id", "time", "actor_id", "actor_kind", "actor_label", "action", "subject_kind", "subject",
    "project", "model", "before", "after", "reason",
]  # fmt: skip


def log(database: Database, events: EventStore, count: int, *, start: int = 1) -> None:
    for number in range(start, start + count):
        with database.transaction() as session:
            after = {"version": number, "percent": 33.34, "name": "é", "none": None}
            events.record(session, ANA, "release.changed", model_subject("release", "iris", "iris"), after=after)


def change(database: Database, *statements: str) -> None:
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def faults(database: Database, known: tuple[int, str] | None = None) -> list[tuple[int, str]]:
    return [(fault.sequence, fault.detail) for fault in verify_chain(database, known=known).faults]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor_label = 'eve' WHERE sequence = 3",
        "UPDATE events SET actor_id = 'eve' WHERE sequence = 3",
        "UPDATE events SET action = 'release.rolled_back' WHERE sequence = 3",
        "UPDATE events SET subject = 'wine' WHERE sequence = 3",
        "UPDATE events SET model = NULL WHERE sequence = 3",
        "UPDATE events SET after = '{}' WHERE sequence = 3",
        "UPDATE events SET before = '{\"a\": 1}' WHERE sequence = 3",
        "UPDATE events SET reason = 'because' WHERE sequence = 3",
        "UPDATE events SET time = '2020-01-01 00:00:00.000000' WHERE sequence = 3",
        "UPDATE events SET project = 'other' WHERE sequence = 3",
    ],
)
def test_an_edit_is_found(database: Database, events: EventStore, statement: str) -> None:
    log(database, events, 5)
    close_chain(database)
    change(database, statement)
    assert faults(database) == [(3, "Changed since it was logged.")]


def test_a_deletion_is_found_wherever_it_is(database: Database, events: EventStore) -> None:
    log(database, events, 6)
    close_chain(database)
    change(database, "DELETE FROM events WHERE sequence IN (1, 3, 4)")
    assert faults(database) == [(1, "Missing: event 1."), (3, "Missing: events 3 to 4.")]


def test_a_cut_off_end_is_found(database: Database, events: EventStore) -> None:
    log(database, events, 4)
    close_chain(database)
    change(database, "DELETE FROM events WHERE sequence > 2")
    assert faults(database) == [(3, "The chain ended at event 4, and ends at 2 now.")]


def test_reordering_is_found(database: Database, events: EventStore) -> None:
    log(database, events, 4)
    close_chain(database)
    change(
        database,
        "UPDATE events SET sequence = 99 WHERE sequence = 2",
        "UPDATE events SET sequence = 2 WHERE sequence = 3",
        "UPDATE events SET sequence = 3 WHERE sequence = 99",
    )
    assert {sequence for sequence, _ in faults(database)} == {2, 3, 4}


def test_closing_a_gap_is_found(database: Database, events: EventStore) -> None:
    """Given a deleted event whose followers were moved up to hide it, then each of them is found."""
    log(database, events, 4)
    close_chain(database)
    change(
        database,
        "DELETE FROM events WHERE sequence = 2",
        "UPDATE events SET sequence = 2 WHERE sequence = 3",
        "UPDATE events SET sequence = 3 WHERE sequence = 4",
        "UPDATE event_chain SET sequence = 3",
    )
    assert {sequence for sequence, _ in faults(database)} >= {2, 3}


def test_a_chain_that_was_written_anew_is_found_by_a_noted_hash(database: Database, events: EventStore) -> None:
    log(database, events, 4)
    close_chain(database)
    noted = verify_chain(database)
    change(
        database,
        "UPDATE events SET actor_label = 'eve' WHERE sequence = 2",
        "UPDATE events SET sequence = NULL, hash = NULL, previous_hash = NULL",
        "DELETE FROM event_chain",
    )
    close_chain(database)
    assert faults(database) == []
    assert faults(database, (noted.closed_to, noted.hash)) == [
        (4, "Has another hash than the one noted: the chain was written anew.")
    ]
    assert faults(database, (9, noted.hash)) == [(9, "Missing: the event whose hash was noted.")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET time = 'yesterday' WHERE sequence = 3",
        "UPDATE events SET time = replace(time, ' ', 'T') WHERE sequence = 3",
        "UPDATE events SET after = '{' WHERE sequence = 3",
        "UPDATE events SET after = replace(after, ': ', ':') WHERE sequence = 3",
        "UPDATE events SET after = replace(after, 'null', 'NaN') WHERE sequence = 3",
        "UPDATE events SET before = 'null' WHERE sequence = 3",
        "UPDATE events SET reason = CAST(x'ff41' AS TEXT) WHERE sequence = 3",
        "UPDATE events SET actor_id = CAST(actor_id AS BLOB) WHERE sequence = 3",
        "UPDATE events SET hash = NULL WHERE sequence = 3",
    ],
)
def test_what_no_reader_of_ours_writes_is_a_change_and_stops_nothing(
    database: Database, events: EventStore, statement: str
) -> None:
    log(database, events, 5)
    close_chain(database)
    change(database, statement, "UPDATE events SET reason = 'because' WHERE sequence = 5")
    assert {sequence for sequence, _ in faults(database)} - {4} == {3, 5}


def test_a_fault_says_when_it_can_have_happened_and_what_to_do(database: Database, events: EventStore) -> None:
    log(database, events, 4)
    close_chain(database)
    times = [event.time for event in events.following(0)[0]]
    change(database, "UPDATE events SET reason = 'x' WHERE sequence = 2", "DELETE FROM events WHERE sequence = 4")
    found = verify_chain(database).faults
    assert [(fault.sequence, fault.since) for fault in found] == [(2, times[1]), (4, times[2])]
    assert all("backup" in fault.advice for fault in found)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, sqlite3.Connection]]:
    """A small log, and a connection that writes past the product."""
    path = Path(tmp_path_factory.mktemp("log")) / "test.db"
    database = SqliteDatabase(f"sqlite:///{path}")
    Base.metadata.create_all(database.engine)
    log(database, EventStore(database), 6)
    close_chain(database)
    raw = sqlite3.connect(path, isolation_level=None)
    yield database, raw
    raw.close()
    database.dispose()


@settings(max_examples=200, deadline=None)
@given(row=st.integers(1, 6), column=st.sampled_from(COLUMNS), place=st.integers(0, 300), byte=st.integers(0, 255))
def test_any_byte_that_is_changed_is_found(
    written: tuple[Database, sqlite3.Connection], row: int, column: str, place: int, byte: int
) -> None:
    database, raw = written
    (rowid, value, kind) = raw.execute(
        f"SELECT rowid, CAST({column} AS BLOB), typeof({column}) FROM events ORDER BY id LIMIT 1 OFFSET ?", (row - 1,)
    ).fetchone()
    other = bytearray(value or b"\0")
    other[place % len(other)] = byte
    if bytes(other) == value:
        other += b"0"
    wanted = 100 + byte if kind == "integer" else bytes(other)
    cast = "?" if kind == "integer" else "CAST(? AS TEXT)"
    raw.execute(f"UPDATE events SET {column} = {cast} WHERE rowid = ?", (wanted, rowid))
    try:
        assert verify_chain(database).faults != []
    finally:
        restored = "CAST(? AS INTEGER)" if kind == "integer" else "CAST(? AS TEXT)"
        raw.execute(f"UPDATE events SET {column} = {restored} WHERE rowid = ?", (value, rowid))
    assert verify_chain(database).faults == []
