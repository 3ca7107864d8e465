"""Verdicts on how good predictions were: by labels, by estimates, against a threshold or a reference."""

from typing import Any

import numpy as np
import pytest

from unshelf.contracts.monitoring.measures import title_of
from unshelf.monitor.monitors.judging.performance_checks import MeasuredWindow, OwnValue, judge_performance, said
from unshelf.monitor.monitors.judging.verdict import Verdict
from unshelf.monitor.monitors.monitor import PerformanceMeasure
from unshelf.monitor.performance.estimates.estimate import Estimate
from unshelf.monitor.performance.metrics import Metric
from unshelf.monitor.performance.sums import QualitySums, classified, estimated

LEVEL = 0.001


def right(share: float, rows: int) -> QualitySums:
    """Sums of rows of which a share is answered rightly."""
    good = round(share * rows)
    return classified(["1"] * rows, ["1"] * good + ["0"] * (rows - good))


def judged(
    window: MeasuredWindow, measure: PerformanceMeasure, threshold: float, reference: QualitySums | None = None
) -> Verdict:
    return judge_performance(
        window, None if reference is None else MeasuredWindow(reference), measure, threshold=threshold, level=LEVEL,
        against="the window before",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("share", "rows", "status"), [(0.85, 400, "ok"), (0.78, 400, "ok"), (0.7, 400, "alarm"), (0.7, 100, "ok")]
)
def test_it_is_bad_when_worse_than_the_threshold_by_more_than_chance(share: float, rows: int, status: str) -> None:
    verdict = judged(MeasuredWindow(right(share, rows)), PerformanceMeasure(relative=False), 0.8)
    assert (verdict.status, verdict.rows, verdict.threshold, verdict.reference) == (status, rows, 0.8, "")
    assert verdict.value == pytest.approx(share)


@pytest.mark.parametrize(("share", "status"), [(0.88, "ok"), (0.8, "ok"), (0.7, "alarm")])
def test_a_fall_is_held_against_the_reference(share: float, status: str) -> None:
    verdict = judged(MeasuredWindow(right(share, 1000)), PerformanceMeasure(), 0.1, right(0.9, 1000))
    assert (verdict.status, verdict.reference) == (status, "the window before")
    assert verdict.threshold == pytest.approx(0.81)
    assert "it was 90.0% in the window before, and 81.0% is the worst that is fine" in verdict.columns[0].say


def test_an_error_is_worse_the_higher_it_is() -> None:
    truths = np.zeros(500)
    small, large = (
        estimated(truths, truths + np.tile([1.0, 1.2], 250)),
        estimated(truths, truths + np.tile([2.0, 2.2], 250)),
    )
    assert judged(MeasuredWindow(large), PerformanceMeasure(metric="mae"), 0.2, small).status == "alarm"
    assert judged(MeasuredWindow(small), PerformanceMeasure(metric="mae"), 0.2, large).status == "ok"
    assert judged(MeasuredWindow(large), PerformanceMeasure(metric="rmse", relative=False), 1.5).status == "alarm"


def test_a_measure_without_an_interval_is_compared_as_it_is() -> None:
    window = MeasuredWindow(right(0.79, 200))
    assert judged(window, PerformanceMeasure(metric="balanced_accuracy", relative=False), 0.8).status == "alarm"
    assert judged(window, PerformanceMeasure(metric="balanced_accuracy", relative=False), 0.78).status == "ok"


@pytest.mark.parametrize(
    ("window", "measure", "reference", "reason"),
    [
        (right(1, 99), {}, None, "99 rows of this window have a label; 100 are the least that are judged."),
        (right(1, 1), {}, None, "1 row of this window has a label; 100 are the least that are judged."),
        (
            QualitySums(rows=50), {"slice": "region=north"}, None,
            "No row of this window where region is north has a label; 100 are the least that are judged.",
        ),
        (right(1, 200), {"metric": "mae"}, None, "The window has no mae; it has accuracy, balanced_accuracy, precision, recall, f1."),
        (right(1, 200), {}, right(1, 7), "It has no reference: 7 rows of the window before have a label, and 100 are the least."),
        (
            QualitySums(rows=50), {"estimated": True}, None,
            "No row of this window has a label; 100 are the least that are judged. "
            "There is no estimate: too few rows before it have a label.",
        ),
    ],
)  # fmt: skip
def test_what_can_t_be_judged_says_why(
    window: QualitySums, measure: dict[str, Any], reference: QualitySums | None, reason: str
) -> None:
    verdict = judged(MeasuredWindow(window), PerformanceMeasure(**measure), 0.1, reference)
    assert (verdict.status, verdict.reason) == ("not_judged", reason)


def test_an_estimate_is_judged_while_there_are_too_few_labels_and_is_marked() -> None:
    estimate = Estimate(name="accuracy", value=0.6, low=0.57, high=0.63, rows=2000, labelled=900)
    window, measure = MeasuredWindow(right(1.0, 20), estimate), PerformanceMeasure(relative=False, estimated=True)
    verdict = judged(window, measure, 0.8)
    assert (verdict.status, verdict.is_estimate, verdict.rows, verdict.value) == ("alarm", True, 2000, 0.6)
    [column] = verdict.columns
    assert (column.column, column.measure) == ("all rows", "estimated_accuracy")
    assert column.say == (
        "accuracy is estimated at 60.0% (95 % interval 57.0% to 63.0%) of 2,000 rows, before their labels; 80.0% is the worst that is fine"
    )
    labelled = judged(MeasuredWindow(right(0.9, 200), estimate), measure, 0.8)
    assert (labelled.status, labelled.is_estimate) == ("ok", False)
    assert judged(window, PerformanceMeasure(relative=False), 0.8).status == "not_judged", "only where it is wanted"


def test_measures_in_words() -> None:
    assert (title_of("mae"), title_of("balanced_accuracy"), said("mae", 0.5), said("f1", 0.5)) == (
        "mean absolute error", "balanced accuracy", "0.5", "50.0%"
    )  # fmt: skip


def of_own(
    value: float | None, *, rows: int = 200, worse: str = "below", spread: float = 0.5, **more: Any
) -> MeasuredWindow:
    metric = (
        None
        if value is None
        else Metric(name="margin", value=value, low=value - spread, high=value + spread, custom=True)
    )
    return MeasuredWindow(QualitySums(rows=rows), own=OwnValue(metric, rows, worse, **more))


@pytest.mark.parametrize(
    ("worse", "value", "limit", "status"),
    [
        ("below", 1.0, 3.0, "alarm"), ("below", 5.0, 3.0, "ok"), ("below", 2.8, 3.0, "ok"), ("below", -5.0, -3.0, "alarm"),
        ("above", 5.0, 3.0, "alarm"), ("above", 1.0, 3.0, "ok"), ("above", 3.2, 3.0, "ok"), ("above", -1.0, -3.0, "alarm"),
    ],
)  # fmt: skip
def test_a_metric_of_the_models_own_is_bad_on_the_side_that_is_worse(
    worse: str, value: float, limit: float, status: str
) -> None:
    verdict = judged(of_own(value, worse=worse), PerformanceMeasure(metric="margin", relative=False), limit)
    assert (verdict.status, verdict.value, verdict.rows) == (status, value, 200)
    assert f"margin is {value:g}" in verdict.columns[0].say and verdict.columns[0].measure == "margin"


@pytest.mark.parametrize(
    ("worse", "before", "now", "status"),
    [
        ("below", 10.0, 5.0, "alarm"), ("below", 10.0, 9.8, "ok"), ("below", -10.0, -15.0, "alarm"), ("below", -10.0, -9.0, "ok"),
        ("above", 10.0, 15.0, "alarm"), ("above", -10.0, -5.0, "alarm"), ("above", -10.0, -15.0, "ok"),
    ],
)  # fmt: skip
def test_a_fall_of_a_metric_is_a_share_of_the_references_value_whatever_its_sign(
    worse: str, before: float, now: float, status: str
) -> None:
    measure = PerformanceMeasure(metric="margin")
    verdict = judge_performance(
        of_own(now, worse=worse), of_own(before, worse=worse), measure, threshold=0.1, level=LEVEL, against="then"
    )
    assert (verdict.status, verdict.reference) == (status, "then")
    few = judge_performance(
        of_own(now, worse=worse), of_own(before, rows=99), measure, threshold=0.1, level=LEVEL, against="then"
    )
    assert few.status == "not_judged" and "99 rows of then have a label" in few.reason


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (of_own(None, rows=0), "No day of this window has a value of margin where region is north yet."),
        (of_own(None, problem="It failed."), "It failed."),
        (of_own(1.0, rows=99), "99 labelled rows of this window where region is north have a value; 100 are the least"),
        (of_own(1.0, worse=""), "does not say which of its values are better"),
    ],
)
def test_why_a_metric_is_not_judged_is_said(window: MeasuredWindow, reason: str) -> None:
    measure = PerformanceMeasure(metric="margin", slice="region=north", relative=False)
    verdict = judged(window, measure, 3.0)
    assert verdict.status == "not_judged" and reason in verdict.reason


def test_a_relative_fall_of_a_negative_measure_is_one() -> None:
    """R² below zero: a fall of a tenth is a lower value, not a higher one."""
    truths = np.arange(500.0)
    bad = estimated(truths, truths[::-1])
    assert judged(MeasuredWindow(bad), PerformanceMeasure(metric="r2"), 0.1, bad).status == "ok"
