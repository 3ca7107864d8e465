"""Quality as monitors read it: a version's window, its slice, and what it is held against."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL
from unshelf.foundation.database.engine import Database
from unshelf.monitor.monitors.judging.performance_windows import PerformanceWindows
from unshelf.monitor.monitors.monitor import Monitor, PerformanceMeasure, Span
from unshelf.monitor.performance.custom.tables import CustomMetricDayRow, CustomMetricRow
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


def put_metric(
    database: Database,
    value: float | None,
    *,
    day: str = "2026-03-02",
    better: str = "lower",
    problem: str = "",
    number: int = 1,
) -> None:
    """Store a metric of the model's own and a day of it, with a slice."""
    parts = {} if value is None else {"": {"value": value, "rows": 150}, "who=a": {"value": -value, "rows": 40}}
    definition = {"code": "x", "function": "lost", "description": "", "better": better, "tier": "small"}
    with database.transaction() as session:
        session.merge(
            CustomMetricRow(
                model=MODEL, name="lost", number=1, definition=definition, created_at=BEGIN, created_by="ana", actor_id="a",
            )
        )  # fmt: skip
        session.merge(
            CustomMetricDayRow(
                model=MODEL, version=1, metric="lost", day=day, number=number, stamp="", labelled=150, parts=parts, problem=problem,
                note="", seconds=1.0, evaluated_at=BEGIN + HOUR,
            )
        )  # fmt: skip


def test_a_metric_of_the_models_own_is_read_by_window_and_slice(database: Database) -> None:
    put_metric(database, 3.0)
    put_metric(database, 5.0, day="2026-03-01")
    windows, measure = PerformanceWindows(database), PerformanceMeasure(metric="lost")
    own = windows.window(MODEL, 1, DAY, measure).own
    assert own is not None and own.metric is not None
    assert (own.metric.value, own.rows, own.worse, own.problem) == (3.0, 150, "above", "")
    of_slice = windows.window(MODEL, 1, DAY, PerformanceMeasure(metric="lost", slice="who=a", worse="below"))
    assert of_slice.own is not None and of_slice.own.metric is not None
    assert (of_slice.own.metric.value, of_slice.labelled, of_slice.own.worse) == (-3.0, 40, "below")
    before, _ = windows.reference(monitor(reference="previous", measure=measure), 1, DAY)
    assert before.own is not None and before.own.metric is not None and before.own.metric.value == 5.0
    assert windows.window(MODEL, 1, DAY, PerformanceMeasure()).own is None


def test_why_a_metric_has_no_value_is_known(database: Database) -> None:
    windows, measure = PerformanceWindows(database), PerformanceMeasure(metric="lost")
    gone = windows.window(MODEL, 1, DAY, measure).own
    assert gone is not None and gone.problem == "The model has no metric lost any more."
    put_metric(database, None, better="neither", problem="ZeroDivisionError.")
    failed = windows.window(MODEL, 1, DAY, measure).own
    assert failed is not None and failed.metric is None and failed.worse == ""
    assert failed.problem == "The metric lost could not be evaluated: ZeroDivisionError."


def test_days_of_metrics_that_were_evaluated_are_told_as_changed(database: Database) -> None:
    put(database, BEGIN, 5, at=BEGIN)
    put_metric(database, 3.0)
    found = PerformanceWindows(database).changed_since(BEGIN)
    assert [(each.start, each.own, each.changed_at) for each in found] == [
        (BEGIN, False, BEGIN), (BEGIN, True, BEGIN + HOUR),
    ]  # fmt: skip
