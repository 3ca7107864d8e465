"""Estimates of steps, each learned from the hours before it."""

from datetime import datetime

from tests.unit.monitor.performance.estimates.test_estimate import BEGIN, hour
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.estimated import estimated_quality, estimates_by

ROLES = ColumnRoles(task="classification", scores="predict_proba")


def half_day(start: datetime) -> datetime:
    return start.replace(hour=start.hour // 12 * 12)


def test_each_step_is_learned_from_those_before_and_none_from_itself() -> None:
    hours = [hour(number, 0.7) for number in range(24)]
    found = estimates_by(hours, [], half_day)
    assert list(found) == [BEGIN.replace(hour=12)], "the first has nothing before it"
    before = [hour(-number, 0.7) for number in range(1, 6)]
    assert list(estimates_by(hours, before, half_day)) == [BEGIN, BEGIN.replace(hour=12)]


def test_estimates_are_counted_with_how_they_turned_out() -> None:
    before = [hour(-number, 0.7) for number in range(1, 6)]
    hours = [hour(0, 0.7), hour(1, 0.1), hour(2, 0.7, labelled=0)]
    found = estimates_by(hours, before, lambda start: start)
    quality = estimated_quality(list(found.values()), ROLES, [*before, *hours])
    assert (quality.held, quality.inside, quality.missing) == (2, 1, "")
    assert quality.total is not None and quality.total.rows == 300
    assert quality.error is not None and 0.2 < quality.error < 0.5


def test_without_estimates_it_says_what_is_missing() -> None:
    quality = estimated_quality([], ROLES, [hour(0, 0.7)])
    assert (quality.total, quality.held, quality.error) == (None, 0, None)
    assert "100 have" in quality.missing
