"""Evaluation: references of each kind, and windows that can't be judged, which say why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.monitored import asked
from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL, Stage
from unshelf.monitor.monitors.defaults import default_monitor
from unshelf.monitor.monitors.judging.evaluation import WindowEvaluation, watched
from unshelf.monitor.monitors.monitor import Monitor, MonitorKind, window_at
from unshelf.monitor.monitors.window_index import WindowIndex

TODAY = window_at(BEGIN + timedelta(days=1), "day")


def monitor(kind: MonitorKind = "inputs", **fields: object) -> Monitor:
    return replace(default_monitor(MODEL, kind, "standard"), **fields)  # type: ignore[arg-type]


@pytest.fixture
def evaluation(stage: Stage) -> WindowEvaluation:
    return WindowEvaluation(stage.database, stage.windows, WindowIndex(stage.database))


def test_the_window_before_is_a_reference(stage: Stage, evaluation: WindowEvaluation) -> None:
    stage.count(BEGIN + HOUR, asked(300, 1, shift=15))
    stage.count(BEGIN + timedelta(days=1), asked(300, 2, shift=15))
    assert evaluation.verdict(monitor(), 1, TODAY, complete=True).status == "alarm"
    verdict = evaluation.verdict(monitor(reference="previous"), 1, TODAY, complete=True)
    assert (verdict.status, verdict.reference) == ("ok", "the window before")
    first = evaluation.verdict(monitor(reference="previous"), 1, TODAY.before(), complete=True)
    assert first.reason == "There were no requests in the window before."


def test_another_version_is_a_reference(stage: Stage, evaluation: WindowEvaluation) -> None:
    stage.count(TODAY.since, asked(300, 1))
    assert (
        "Version 2 had no requests"
        in evaluation.verdict(monitor(reference="version:2"), 1, TODAY, complete=True).reason
    )
    stage.count(TODAY.since, asked(300, 2, shift=15), version=2)
    evaluation.forget_windows()
    verdict = evaluation.verdict(monitor(reference="version:2"), 1, TODAY, complete=True)
    assert (verdict.status, verdict.reference) == ("alarm", "version 2")


def test_what_can_t_be_judged_says_why(stage: Stage, evaluation: WindowEvaluation) -> None:
    assert evaluation.verdict(monitor(), 1, TODAY, complete=True).reason == "There were no requests in this window."
    stage.count(TODAY.since, asked(300, 1), version=2)
    assert "without a baseline" in evaluation.verdict(monitor(), 2, TODAY, complete=True).reason
    assert evaluation.verdict(monitor("volume"), None, TODAY, complete=True).reason.startswith("0 comparable windows")


def test_quality_watches_inputs_and_outputs(stage: Stage) -> None:
    stage.count(TODAY.since, asked(100, 1))
    window = stage.windows.window(MODEL, 1, TODAY.since, TODAY.until)
    assert window is not None
    assert set(watched(monitor("quality"), window.profile).columns) == {"age", "region", "out:risk"}
    assert set(watched(monitor("outputs"), window.profile).columns) == {"risk"}
    assert set(watched(monitor("inputs", columns=("age",)), window.profile).columns) == {"age"}


def test_a_look_at_what_is_the_same_changes_nothing(stage: Stage, evaluation: WindowEvaluation) -> None:
    stage.count(TODAY.since, asked(100, 1))
    first = evaluation.evaluate(monitor(), 1, TODAY, None, moment=BEGIN, complete=False)
    assert first is not None
    assert evaluation.evaluate(monitor(), 1, TODAY, first, moment=BEGIN, complete=False) is None
    ended = evaluation.evaluate(monitor(), 1, TODAY, first, moment=BEGIN, complete=True)
    assert ended is not None
    assert (ended.complete, ended.looks, ended.verdict) == (True, 1, first.verdict)
    changed = monitor(changed_at=BEGIN + HOUR, threshold=0.0001)
    assert evaluation.evaluate(changed, 1, TODAY, ended, moment=BEGIN + 2 * HOUR, complete=True) is not None
