"""Quality as monitors read it: a version's window, its slice, and what it is held against."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL
from unshelf.foundation.database.engine import Database
from unshelf.monitor.monitors.judging.performance_windows import PerformanceWindows
from unshelf.monitor.monitors.monitor import Monitor, PerformanceMeasure, Span
from unshelf.monitor.performance.sums import as_plain, classified, estimated
from unshelf.monitor.performance.tables import QualityWindowRow

DAY = Span(BEGIN, BEGIN + 24 * HOUR)


def put(database: Database, start: datetime, right: int, *, version: int = 1, at: datetime = BEGIN) -> None:
    """Store ten labelled rows of an hour, five of which are of the slice `who=a` and wrong."""
    sums = {
        "": classified(["1"] * 10, ["1"] * right + ["0"] * (10 - right)),
        "who=a": classified(["1"] * 5, ["0"] * 5),
    }
    with database.transaction() as session:
        session.add(QualityWindowRow(model=MODEL, version=version, start=start, sums=as_plain(sums), changed_at=at))


def monitor(**more: object) -> Monitor:
    return Monitor(model=MODEL, name="m", kind="performance", window="day", threshold=0.1, **more)  # type: ignore[arg-type]


def test_a_window_has_its_own_rows_and_a_slice_its_own(database: Database) -> None:
    put(database, BEGIN, 5)
    put(database, BEGIN + 23 * HOUR, 4)
    put(database, BEGIN + 24 * HOUR, 3)
    put(database, BEGIN, 1, version=2)
    windows = PerformanceWindows(database)
    sums = windows.window(MODEL, 1, DAY, PerformanceMeasure()).sums
    assert (sums.labelled, sums.right) == (20, 9)
    of_slice = windows.window(MODEL, 1, DAY, PerformanceMeasure(slice="who=a")).sums
    assert (of_slice.labelled, of_slice.right) == (10, 0)
    assert windows.window(MODEL, 1, DAY, PerformanceMeasure(slice="who=z")).sums.labelled == 0
    assert (windows.has_rows(MODEL, 2, DAY), windows.has_rows(MODEL, 3, DAY)) == (True, False)


@pytest.mark.parametrize(
    ("reference", "right", "words"),
    [("baseline", 9, "the ninety days before"), ("previous", 5, "the window before"), ("version:2", 1, "version 2")],
)
def test_it_is_held_against_what_came_before_or_another_version(
    database: Database, reference: str, right: int, words: str
) -> None:
    put(database, BEGIN - HOUR, 5)
    put(database, BEGIN - 80 * 24 * HOUR, 4)
    put(database, BEGIN - 91 * 24 * HOUR, 2)
    put(database, BEGIN, 1, version=2)
    found, against = PerformanceWindows(database).reference(monitor(reference=reference), 1, DAY)
    assert (found.sums.right, against) == (right, words)


def test_hours_that_changed_are_told_the_first_first(database: Database) -> None:
    moment = datetime(2026, 3, 9, tzinfo=UTC)
    put(database, BEGIN, 5, at=moment)
    put(database, BEGIN + HOUR, 5, at=moment + timedelta(seconds=5))
    changed = PerformanceWindows(database).changed_since(moment)
    assert [(each.start, each.version) for each in changed] == [(BEGIN, 1), (BEGIN + HOUR, 1)]
    assert len(PerformanceWindows(database).changed_since(moment + timedelta(seconds=1))) == 1


def test_what_is_not_estimated_of_a_slice_is_said(database: Database) -> None:
    measure = PerformanceMeasure(slice="who=a", estimated=True)
    put(database, BEGIN, 5)
    assert (
        "calibrate the model's confidence there" in PerformanceWindows(database).window(MODEL, 1, DAY, measure).missing
    )
    sums = {"": estimated(np.ones(3), np.ones(3)), "who=a": estimated(np.ones(3), np.ones(3))}
    with database.transaction() as session:
        session.add(QualityWindowRow(model=MODEL, version=2, start=BEGIN, sums=as_plain(sums), changed_at=BEGIN))
    missing = PerformanceWindows(database).window(MODEL, 2, DAY, measure).missing
    assert missing == "the error of quantities is estimated of all rows together, not of slices."
