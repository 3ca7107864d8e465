"""The chain: every event gets its place, and no edit, deletion or reordering goes unseen."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from tests.support.actors import actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import NO_HASH, close_chain, verify_chain
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore

ANA = actor(name="ana")


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


def test_events_are_chained_in_order_and_found_unchanged(database: Database, events: EventStore) -> None:
    log(database, events, 5)
    assert (verify_chain(database).closed_to, verify_chain(database).pending) == (0, 5)
    assert close_chain(database) == 5
    log(database, events, 2, start=6)
    assert close_chain(database) == 2
    report = verify_chain(database)
    assert (report.closed_to, report.pending, report.faults) == (7, 0, [])
    chain, head = events.following(0)
    assert ([event.sequence for event in chain], head) == ([1, 2, 3, 4, 5, 6, 7], 7)
    assert [event.previous_hash for event in chain] == [NO_HASH, *(event.hash for event in chain[:-1])]
    assert report.hash == chain[-1].hash


def test_an_empty_log_is_unchanged(database: Database) -> None:
    assert close_chain(database) == 0
    assert verify_chain(database).faults == []


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


def test_a_change_that_is_taken_back_leaves_no_event(database: Database, events: EventStore) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        events.record(session, ANA, "model.removed", model_subject("model", "iris", "iris"))
        raise ZeroDivisionError
    assert close_chain(database) == 0


def test_many_writers_and_closers_at_once_make_one_chain(database: Database, events: EventStore) -> None:
    """Given four writers and two that close the chain at the same time, then every event has one place and none is lost."""
    failed: list[BaseException] = []
    writing = threading.Event()

    def guarded(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # a thread's error must fail the test
                failed.append(error)

        return threading.Thread(target=run)

    def close() -> None:
        while not writing.is_set():
            close_chain(database)

    writers = [guarded(lambda: log(database, events, 20)) for _ in range(4)]
    closers = [guarded(close) for _ in range(2)]
    for thread in writers + closers:
        thread.start()
    for thread in writers:
        thread.join()
    writing.set()
    for thread in closers:
        thread.join()
    close_chain(database)
    report = verify_chain(database)
    assert (failed, report.closed_to, report.pending, report.faults) == ([], 80, 0, [])
