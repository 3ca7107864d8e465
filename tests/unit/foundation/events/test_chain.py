"""The chain: every event gets its place, whoever writes and whoever closes."""

import threading
from collections.abc import Callable

import pytest

from tests.support.actors import actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import NO_HASH, close_chain
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.verification import verify_chain

ANA = actor(name="ana")


def log(database: Database, events: EventStore, count: int, *, start: int = 1) -> None:
    for number in range(start, start + count):
        with database.transaction() as session:
            after = {"version": number, "percent": 33.34, "name": "é", "none": None}
            events.record(session, ANA, "release.changed", model_subject("release", "iris", "iris"), after=after)


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
