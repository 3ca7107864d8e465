"""Runs that people ask for: windows of the past are judged, in pieces where there are many, and raise no alert."""

from datetime import timedelta

import pytest

from tests.support.actors import actor, user
from tests.support.monitored import asked
from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL, Stage
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.monitor.monitors.runs import MonitorRuns
from unshelf.monitor.monitors.service import MonitorChange
from unshelf.monitor.monitors.watching import GRACE

ADMIN = actor("admin", id="admin", name="admin")
DAY = timedelta(days=1)


def test_a_back_fill_gives_results_of_each_day_and_no_alert_of_the_past(stage: Stage) -> None:
    for day in range(10):
        stage.count(BEGIN + day * DAY + 9 * HOUR, asked(200, day, shift=15.0 if 4 <= day < 6 else 0.0))
    stage.clock.moment = BEGIN + 10 * DAY + GRACE
    came = stage.runs.run(ADMIN, MODEL, monitor="inputs", since=BEGIN - 30 * DAY)
    assert (came.judged, came.alarms, came.done) == (10, 2, True)
    assert stage.shown("inputs_drifted") == []
    page = stage.monitors.results(ADMIN, MODEL, "inputs", version=None, since=None, until=None, limit=4)
    assert [each.since for each in page.items] == [BEGIN + day * DAY for day in (9, 8, 7, 6)]
    assert page.next_cursor is not None
    again = stage.runs.run(ADMIN, MODEL, monitor="inputs", since=BEGIN)
    assert (again.judged, again.done) == (0, True)


def test_a_back_fill_up_to_now_raises_what_is_so_now(stage: Stage) -> None:
    for day in range(6):
        stage.count(BEGIN + day * DAY + 9 * HOUR, asked(200, day, shift=4.0 * day))
    stage.clock.moment = BEGIN + 6 * DAY
    stage.runs.run(ADMIN, MODEL, since=BEGIN)
    [finding] = stage.shown("inputs_drifted")
    assert finding.evidence["window"]["since"] == (BEGIN + 5 * DAY).isoformat()
    assert finding.evidence["since"] < finding.evidence["window"]["since"], "it has been so for days"


def test_a_run_goes_on_where_the_one_before_stopped(stage: Stage) -> None:
    for day in range(6):
        stage.count(BEGIN + day * DAY + 9 * HOUR, asked(100, day))
    stage.clock.moment = BEGIN + 6 * DAY + GRACE
    hasty = MonitorRuns(
        stage.database, stage.monitors, evaluation=stage.runs._evaluation, index=stage.runs._index, results=stage.results,
        alerts=stage.runs._alerts, seconds=0.0,
    )  # fmt: skip
    since, judged, calls, done = BEGIN, 0, 0, False
    while not done:
        came = hasty.run(ADMIN, MODEL, monitor="inputs", since=since)
        since, judged, calls, done = came.reached, judged + came.judged, calls + 1, came.done
        assert calls < 20
    assert judged == 6
    assert calls > 3


def test_who_may_run_what(stage: Stage) -> None:
    stage.clock.moment = BEGIN + DAY
    with pytest.raises(NotFound):
        stage.runs.run(ADMIN, MODEL, monitor="no-such")
    with pytest.raises(InvalidInput, match="400 days"):
        stage.runs.run(ADMIN, MODEL, since=BEGIN + 2 * DAY)
    with pytest.raises(Forbidden):
        stage.runs.run(user("vera", default="viewer"), MODEL)
    with pytest.raises(NotFound):
        stage.runs.run(user("eve", other="owner"), MODEL)
    came = stage.runs.run(user("carl", default="contributor"), MODEL)
    assert came.done


def test_a_run_goes_on_with_all_monitors_of_a_window(stage: Stage) -> None:
    """Given a run that is cut off between two monitors of one day, when the next goes on, then each monitor has each day."""
    for day in range(3):
        stage.count(BEGIN + day * DAY + 9 * HOUR, asked(100, day))
    stage.clock.moment = BEGIN + 3 * DAY + GRACE
    hasty = MonitorRuns(
        stage.database, stage.monitors, evaluation=stage.runs._evaluation, index=stage.runs._index, results=stage.results,
        alerts=stage.runs._alerts, seconds=0.0,
    )  # fmt: skip
    since, done = BEGIN, False
    while not done:
        came = hasty.run(ADMIN, MODEL, since=since)
        since, done = came.reached, came.done
    with stage.database.read() as session:
        for name in ("inputs", "outputs", "quality"):
            assert len(stage.results.recent(session, MODEL, name, 1, most=50)) == 3, name


def test_what_was_counted_since_is_judged_again(stage: Stage) -> None:
    stage.count(BEGIN + 9 * HOUR, asked(100, 1))
    stage.clock.moment = BEGIN + 2 * DAY
    assert stage.runs.run(ADMIN, MODEL, monitor="inputs", since=BEGIN).judged == 1
    stage.clock.moment += HOUR
    assert stage.runs.run(ADMIN, MODEL, monitor="inputs", since=BEGIN).judged == 0
    stage.count(BEGIN + 10 * HOUR, asked(100, 2))
    stage.monitors.change(ADMIN, MODEL, "outputs", MonitorChange(threshold=0.3))
    assert stage.runs.run(ADMIN, MODEL, monitor="inputs", since=BEGIN).judged == 1
    with stage.database.read() as session:
        [result] = stage.results.recent(session, MODEL, "inputs", 1, most=5)
    assert result.verdict.rows == 200


def test_today_does_not_hide_what_was_bad_until_yesterday(stage: Stage) -> None:
    for day in range(3):
        stage.count(BEGIN + day * DAY + 9 * HOUR, asked(300, day, shift=15.0 if day < 2 else 0.0))
    stage.clock.moment = BEGIN + 2 * DAY + 12 * HOUR
    stage.runs.run(ADMIN, MODEL, since=BEGIN)
    [finding] = stage.shown("inputs_drifted")
    assert finding.evidence["window"]["since"] == (BEGIN + DAY).isoformat()
