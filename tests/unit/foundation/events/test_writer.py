"""The loop that writes refusals and closes the chain."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.actors import actor
from tests.support.waiting import wait_until
from unshelf.contracts import counter_ids as c
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.writer import EventWriter
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.runtime.mapped_counters import read_cells


def record(database: Database, events: EventStore, name: str) -> None:
    with database.transaction() as session:
        events.record(session, actor(), "key.created", Subject(kind="key", name=name))


@contextmanager
def running(database: Database, writer: EventWriter, folder: Path) -> Iterator[None]:
    loops = Loops(database, LoopMetrics(folder, 0), owner="me")
    loops.add(writer.loop())
    loops.start()
    yield
    loops.stop()


def failures(folder: Path) -> int:
    return sum(cells[c.LOOP_FAILURES] for _, cells in read_cells(folder / f"{c.LOOPS_CELLS}0.cells", kinds=[c.LOOP]))


def test_events_get_their_place_while_it_runs(database: Database, events: EventStore, tmp_path: Path) -> None:
    with running(database, EventWriter(database, RefusalLog(database, events)), tmp_path):
        record(database, events, "k1")
        wait_until(lambda: events.head() == 1, what="the event is chained")


def test_the_end_writes_everything_that_was_counted(database: Database, events: EventStore) -> None:
    refusals = RefusalLog(database, events)
    for _ in range(3):
        refusals.note(None, "GET /x", 401)
    EventWriter(database, refusals).finish()
    assert sum((event.after or {})["count"] for event in events.newest(limit=10).items) == 3
    assert events.head() == len(events.newest(limit=10).items)


def test_a_database_that_can_not_be_written_is_counted_and_tried_again(
    database: Database, events: EventStore, tmp_path: Path
) -> None:
    """Given an event table that is away for a moment, then the loop lives, and chains the event once it is back."""
    record(database, events, "k1")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE events RENAME TO elsewhere")
    with running(database, EventWriter(database, RefusalLog(database, events)), tmp_path):
        wait_until(lambda: failures(tmp_path) > 0, what="the failure is counted")
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO events")
        wait_until(lambda: events.head() == 1, what="the event is chained")
