"""Simulation: 200 days without drift, each looked at again and again as it fills, and how often somebody would be woken."""

from datetime import timedelta

import numpy as np
import pytest

from tests.support.monitored import asked
from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL, Stage
from unshelf.monitor.monitors.watching import GRACE

DAYS = 200
STATED = {"inputs": 0.001, "quality": 0.001, "errors": 0.001, "latency": 0.001, "volume": 0.005}
"""The chance of a false alarm in a window; of volume, that counts are three deviations and a factor of five away."""


@pytest.mark.long
def test_false_alarms_stay_within_the_stated_rate(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(7)
    for day in range(DAYS):
        for hour in (9, 12, 15):
            start = BEGIN + day * timedelta(days=1) + hour * HOUR
            stage.count(
                start,
                asked(int(random.poisson(150)) + 1, 1000 * day + hour),
                errors={"model_error": int(random.poisson(0.5))},
            )
            stage.clock.moment = start + HOUR
            stage.watch.look()
        stage.clock.moment = BEGIN + (day + 1) * timedelta(days=1) + GRACE
        stage.watch.look()
    for name, stated in STATED.items():
        with stage.database.read() as session:
            results = [
                each
                for version in (None, 1)
                for each in stage.results.recent(session, MODEL, name, version, most=10_000)
            ]
        judged = [each for each in results if each.verdict.status != "not_judged"]
        alarms = sum(each.verdict.status == "alarm" for each in judged)
        looks = sum(each.looks for each in judged)
        with capsys.disabled():
            print(
                f"\n{name}: {alarms} false alarms in {len(judged)} windows and {looks} looks, {stated:.1%} are stated"
            )
        assert len(judged) >= DAYS * 0.9
        assert alarms <= np.ceil(stated * len(judged) * 3)


@pytest.mark.long
@pytest.mark.parametrize(("shift", "windows"), [(10.0, 1), (5.0, 1)])
def test_drift_that_begins_at_a_known_moment_is_alerted_within_its_window(
    stage: Stage, capsys: pytest.CaptureFixture[str], shift: float, windows: int
) -> None:
    """Given ten quiet days, when one column moves by half a deviation or a whole one from noon on, then the alert is there before the
    day's window is over, and says since when."""
    random = np.random.default_rng(11)
    found = None
    for day in range(12):
        for hour in (9, 12, 15):
            has_drifted = day > 10 or (day == 10 and hour >= 12)
            start = BEGIN + day * timedelta(days=1) + hour * HOUR
            rows = asked(int(random.poisson(150)) + 1, 1000 * day + hour, shift=shift if has_drifted else 0.0)
            stage.count(start, rows)
            stage.clock.moment = start + HOUR
            stage.watch.look()
            if stage.shown("inputs_drifted"):
                assert has_drifted, "nobody is woken before it begins"
                found = found or stage.clock.moment
    assert found is not None
    began = BEGIN + 10 * timedelta(days=1)
    taken = (found - began) // timedelta(days=1) + 1
    with capsys.disabled():
        print(
            f"\ndrift by {shift / 10:g} deviations: alerted in window {taken}, {found - began - 12 * HOUR} after it began"
        )
    assert taken <= windows
    assert stage.shown("inputs_drifted")[0].evidence["columns"][0]["column"] == "age"
