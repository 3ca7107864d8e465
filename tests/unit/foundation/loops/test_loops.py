"""Loops inside one process: retries, what is counted, and who hears of a loop that keeps failing."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.waiting import wait_until
from unshelf.contracts import counter_ids as c
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.loops.claims import Claim, ClaimLost, Claims
from unshelf.foundation.loops.loops import Loops, PeriodicLoop, Postponed, QueueLoop
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.runtime.mapped_counters import read_cells


class Observer:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def failing(self, loop: str, failures: int, error: str) -> None:
        self.heard.append(f"{loop} failed {failures} times: {error}")

    def working(self, loop: str) -> None:
        self.heard.append(f"{loop} works")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def observer() -> Observer:
    return Observer()


@pytest.fixture
def loops(database: Database, observer: Observer, tmp_path: Path) -> Iterator[Loops]:
    metrics = LoopMetrics(tmp_path / "metrics", 0, observer=observer)
    made = Loops(database, metrics, owner="me", poll_seconds=0.02)
    yield made
    made.stop()


def counted(folder: Path) -> dict[str, list[int]]:
    return {str(label[1]): cells for label, cells in read_cells(folder / "metrics/loops-0.cells", kinds=[c.LOOP])}


def test_a_loop_that_keeps_failing_is_reported_and_so_is_its_recovery(
    loops: Loops, observer: Observer, tmp_path: Path
) -> None:
    """Given a loop that fails four times, then it goes on, is counted, and its observer hears of it from the third time on."""
    runs: list[int] = []

    def act() -> None:
        runs.append(1)
        if len(runs) <= 4:
            raise OSError("the disk is full")

    loops.add(PeriodicLoop(name="tidy", act=act, every=0.01, retry=0.01))
    loops.start()
    wait_until(lambda: "tidy works" in observer.heard, what="it works again")
    assert observer.heard[:2] == ["tidy failed 3 times: OSError: the disk is full", "tidy works"]
    cells = counted(tmp_path)["tidy"]
    assert cells[c.LOOP_FAILURES] == 4
    assert cells[c.LOOP_RUNS] >= 5
    assert cells[c.LOOP_LAST_SUCCESS] > 0


def test_a_loop_that_runs_everywhere_needs_no_claim(loops: Loops, database: Database, tmp_path: Path) -> None:
    """Given two controls and a table of claims that is away, then both run the loop all the same."""
    other = Loops(database, LoopMetrics(tmp_path / "other", 1), owner="other")
    ran = {"me": threading.Event(), "other": threading.Event()}
    for each, name in ((loops, "me"), (other, "other")):
        each.add(PeriodicLoop(name="look", act=ran[name].set, every=0.01, everywhere=True))
        each.start()
    try:
        assert all(event.wait(60) for event in ran.values())
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE work RENAME TO elsewhere")
        for event in ran.values():
            event.clear()
        assert all(event.wait(60) for event in ran.values())
    finally:
        other.stop()


def test_a_loop_says_itself_when_it_runs_next_and_can_be_woken(loops: Loops) -> None:
    turns = threading.Semaphore(0)

    def act() -> float:
        turns.release()
        return 3600.0

    loops.add(PeriodicLoop(name="tidy", act=act, every=0.0))
    loops.start()
    assert turns.acquire(timeout=60)
    loops.wake("tidy")
    assert turns.acquire(timeout=60)
    assert not turns.acquire(blocking=False)


def test_work_that_fails_is_tried_again_later_and_knows_how_often(loops: Loops, database: Database) -> None:
    attempts: list[int] = []

    def act(claim: Claim) -> None:
        attempts.append(claim.attempts)
        if claim.attempts == 1:
            raise RuntimeError("not this time")
        with database.transaction() as session:
            claim.finish(session)

    loops.add(QueueLoop(name="queue", act=act))
    with database.transaction() as session:
        loops.add_work(session, "queue", "one")
        loops.add_work(session, "queue", "one")
    loops.start()
    wait_until(lambda: attempts == [1, 2], what="it is done at the second time")


def test_postponed_work_is_tried_again_when_it_says_and_is_no_failure(
    loops: Loops, observer: Observer, database: Database, tmp_path: Path
) -> None:
    attempts: list[int] = []

    def act(claim: Claim) -> None:
        attempts.append(claim.attempts)
        if claim.attempts < 6:
            raise Postponed("the server is away", seconds=0.01)
        with database.transaction() as session:
            claim.finish(session)

    loops.add(QueueLoop(name="queue", act=act))
    with database.transaction() as session:
        loops.add_work(session, "queue", "one")
    loops.start()
    wait_until(lambda: attempts == [1, 2, 3, 4, 5, 6], what="it is done in the end")
    assert not any("failed" in heard for heard in observer.heard)
    assert counted(tmp_path)["queue"][c.LOOP_FAILURES] == 0


def test_two_loops_of_one_name_are_refused(loops: Loops) -> None:
    loops.add(PeriodicLoop(name="tidy", act=lambda: None, every=1.0))
    with pytest.raises(ValueError, match="tidy"):
        loops.add(QueueLoop(name="tidy", act=lambda _claim: None))


def test_a_claim_that_was_taken_over_is_refused_and_gives_nothing_back(database: Database) -> None:
    ours, theirs = (Claims(database, owner=owner, lease_seconds=-1.0) for owner in ("us", "them"))
    with database.transaction() as session:
        ours.add(session, "queue", "one")
    lost, held = ours.take("queue"), theirs.take("queue")
    assert lost is not None
    assert held is not None
    assert ours.renew([lost]) == [lost]
    with pytest.raises(ClaimLost), database.transaction() as session:
        lost.finish(session)
    ours.give_back(lost)
    with database.transaction() as session:
        held.finish(session)


def test_a_loop_that_follows_changes_acts_once_for_each(loops: Loops, database: Database, tmp_path: Path) -> None:
    """Given a loop that follows what is written, then it looks often and acts only after a commit, and again after it failed."""
    seen: list[int] = []

    def act() -> None:
        with database.read() as session:
            seen.append(session.scalar(text("SELECT count(*) FROM work")) or 0)
        if len(seen) == 1:
            raise OSError("not yet")

    loops.add(PeriodicLoop(name="news", act=act, every=0.01, retry=0.01, everywhere=True, after_changes=True))
    loops.start()

    def looked(times: int) -> bool:
        return counted(tmp_path).get("news", [0])[c.LOOP_RUNS] >= times

    wait_until(lambda: looked(10), what="it looked ten times")
    assert len(seen) == 2
    with database.transaction() as session:
        loops.add_work(session, "elsewhere", "a")
    wait_until(lambda: seen[-1] == 1, what="it acts for the change")
    runs = counted(tmp_path)["news"][c.LOOP_RUNS]
    wait_until(lambda: looked(runs + 10), what="it looked ten times more")
    assert seen[1:] == [0, 1]


def test_a_loop_that_follows_changes_acts_also_when_its_time_has_come(loops: Loops) -> None:
    """Given one that names the seconds until it is to act all the same, then it does, with nothing written."""
    acted: list[int] = []

    def act() -> float:
        acted.append(1)
        return 0.02

    loops.add(PeriodicLoop(name="expiry", act=act, every=0.01, everywhere=True, after_changes=True))
    loops.start()
    wait_until(lambda: len(acted) >= 3, what="it acted again")
