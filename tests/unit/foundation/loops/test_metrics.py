"""Metrics of loops: what is counted, and when an observer hears of it."""

import time
from pathlib import Path

import pytest

from unshelf.contracts import counter_ids as c
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.runtime.mapped_counters import read_cells

FULL = OSError("the disk is full")


class Observer:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def failing(self, loop: str, failures: int, error: str) -> None:
        self.heard.append(f"{loop} failed {failures} times: {error}")

    def working(self, loop: str) -> None:
        self.heard.append(f"{loop} works")


def cells(folder: Path, index: int = 0) -> dict[str, list[int]]:
    found = read_cells(folder / f"{c.LOOPS_CELLS}{index}.cells", kinds=[c.LOOP])
    return {str(label[1]): counters for label, counters in found}


def test_runs_are_counted_by_loop_with_their_time(tmp_path: Path) -> None:
    metrics = LoopMetrics(tmp_path, 3)
    before = int(time.time())
    metrics.succeeded("tidy", time.monotonic() - 2.0)
    metrics.failed("tidy", time.monotonic() - 1.0, FULL)
    metrics.failed("watch", time.monotonic(), FULL)
    tidy, watch = cells(tmp_path, 3)["tidy"], cells(tmp_path, 3)["watch"]
    assert (tidy[c.LOOP_RUNS], tidy[c.LOOP_FAILURES]) == (2, 1)
    assert tidy[c.LOOP_MICROSECONDS] >= 3_000_000
    assert before <= tidy[c.LOOP_LAST_SUCCESS] <= int(time.time())
    assert (watch[c.LOOP_RUNS], watch[c.LOOP_FAILURES], watch[c.LOOP_LAST_SUCCESS]) == (1, 1, 0)


def test_an_observer_hears_of_the_third_failure_in_a_row_and_of_the_recovery(tmp_path: Path) -> None:
    """Given a loop that goes on failing with one error, then that is news once; another error is news again."""
    observer = Observer()
    metrics = LoopMetrics(tmp_path, 0, observer=observer)
    for _ in range(5):
        metrics.failed("tidy", time.monotonic(), FULL)
    metrics.failed("tidy", time.monotonic(), OSError("it is gone"))
    for _ in range(2):
        metrics.succeeded("tidy", time.monotonic())
    assert observer.heard == [
        "tidy failed 3 times: OSError: the disk is full",
        "tidy failed 6 times: OSError: it is gone",
        "tidy works",
    ]


def test_an_observer_hears_again_of_a_loop_that_still_fails_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer()
    metrics = LoopMetrics(tmp_path, 0, observer=observer)
    for _ in range(3):
        metrics.failed("tidy", time.monotonic(), FULL)
    later = time.monotonic() + 60
    monkeypatch.setattr("unshelf.foundation.loops.metrics.time.monotonic", lambda: later)
    metrics.failed("tidy", later, FULL)
    assert [line.split(":")[0] for line in observer.heard] == ["tidy failed 3 times", "tidy failed 4 times"]


def test_an_observer_that_fails_ends_nothing_and_hears_of_the_recovery_at_the_next_success(tmp_path: Path) -> None:
    """Given a database that is away, where alerts are kept, then the loop's thread lives, and the alert is resolved later."""

    class Away(Observer):
        away = True

        def failing(self, loop: str, failures: int, error: str) -> None:
            raise ConnectionError("the database is away")

        def working(self, loop: str) -> None:
            if self.away:
                raise ConnectionError("the database is away")
            super().working(loop)

    observer = Away()
    metrics = LoopMetrics(tmp_path, 0, observer=observer)
    for _ in range(3):
        metrics.failed("tidy", time.monotonic(), FULL)
    metrics.succeeded("tidy", time.monotonic())
    observer.away = False
    metrics.succeeded("tidy", time.monotonic())
    assert observer.heard == ["tidy works"]


def test_a_first_success_is_reported_and_a_few_failures_are_not(tmp_path: Path) -> None:
    """Given a control that starts anew, then its first success may resolve what an earlier one raised."""
    observer = Observer()
    metrics = LoopMetrics(tmp_path, 0, observer=observer)
    metrics.succeeded("tidy", time.monotonic())
    for _ in range(2):
        metrics.failed("tidy", time.monotonic(), FULL)
    metrics.succeeded("tidy", time.monotonic())
    assert observer.heard == ["tidy works"]
