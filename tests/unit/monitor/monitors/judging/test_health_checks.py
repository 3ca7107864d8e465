"""Judging of errors, latency and volume: large and more than chance, or nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from unshelf.monitor.monitors.judging.health_checks import (
    history_of,
    judge_errors,
    judge_latency,
    judge_volume,
    usual_counts,
)
from unshelf.monitor.monitors.monitor import LENGTHS, Span

LEVEL = 0.0005
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("requests", "errors", "status"),
    [
        (0, {}, "not_judged"),
        (1000, {}, "ok"),
        (1000, {"model_error": 15}, "ok"),
        (1000, {"model_error": 80}, "alarm"),
        (40, {"model_error": 2}, "ok"),
        (4, {"overloaded": 3, "model_error": 1}, "alarm"),
        (1000, {"paused": 900, "too_many_requests": 100}, "ok"),
        (1000, {"invalid_input": 150}, "ok"),
        (1000, {"invalid_input": 400}, "alarm"),
        (100, {"a code of another release": 50}, "alarm"),
    ],
)
def test_errors(requests: int, errors: dict[str, int], status: str) -> None:
    assert judge_errors(requests, errors, threshold=0.02, thresholds={}, level=LEVEL).status == status


def test_errors_are_named_and_refusals_have_a_threshold_of_their_own() -> None:
    errors = {"model_error": 70, "overloaded": 10, "invalid_input": 400}
    verdict = judge_errors(1000, errors, threshold=0.02, thresholds={"refused": 0.5}, level=LEVEL)
    assert [(each.measure, each.bad) for each in verdict.columns] == [("failed", True), ("refused", False)]
    assert verdict.columns[0].say == "8.0% of 1000 requests: 70 × model_error, 10 × overloaded"
    assert verdict.value == 0.08


@pytest.mark.parametrize(
    ("answers", "half", "slow", "status"),
    [
        (10, 9000, 9000, "not_judged"),
        (100, 100, 9000, "ok"),
        (100, 3000, 9000, "alarm"),
        (500, 100, 2500, "alarm"),
        (500, 100, 1900, "ok"),
    ],
)
def test_latency(answers: int, half: float, slow: float, status: str) -> None:
    assert judge_latency(answers, half_ms=half, slow_ms=slow, threshold=2000.0).status == status


@pytest.mark.parametrize(
    ("requests", "usual", "complete", "status", "measure"),
    [
        (50, [50, 60], True, "not_judged", None),
        (55, [50, 60, 40, 55], True, "ok", "burst"),
        (0, [50, 60, 40, 55], True, "alarm", "silence"),
        (0, [50, 60, 40, 55], False, "not_judged", None),
        (600, [50, 60, 40, 55], False, "alarm", "burst"),
        (0, [2, 0, 3, 1], True, "ok", "silence"),
        (20, [0, 0, 0, 0], True, "ok", "burst"),
        (200, [0, 0, 0, 0], True, "alarm", "burst"),
        (300, [10, 400, 20, 900], True, "ok", "burst"),
    ],
)
def test_volume(requests: int, usual: list[int], complete: bool, status: str, measure: str | None) -> None:
    verdict = judge_volume(requests, usual, threshold=5.0, complete=complete)
    assert verdict.status == status
    assert [each.measure for each in verdict.columns] == ([] if measure is None else [measure])


def test_an_hour_is_held_against_its_like() -> None:
    hour = Span(BEGIN + timedelta(days=9, hours=10), BEGIN + timedelta(days=9, hours=11))  # a Wednesday
    counts = {BEGIN + timedelta(days=day, hours=10): day for day in range(9)}
    assert sorted(usual_counts(counts, hour, "hour", BEGIN)) == [0, 1, 2, 3, 4, 7, 8], "no weekend"
    later = Span(hour.since + timedelta(weeks=3), hour.until + timedelta(weeks=3))
    weekly = {hour.since + timedelta(weeks=week): 100 + week for week in range(3)}
    assert usual_counts({**counts, **weekly}, later, "hour", BEGIN) == [102, 101, 100, 2]
    assert usual_counts({}, later, "day", later.since) == []
    assert history_of(later, "hour") < later.since - LENGTHS["week"]
