"""Catching up: what a schedule makes up for, by its rule."""

from datetime import UTC, datetime, timedelta

import pytest

from unshelf.develop.schedules.catching_up import MOST_AT_ONCE, CatchUp, due
from unshelf.develop.schedules.timetable import timetable_of

HOURLY = timetable_of("@hourly", "UTC")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("rule", ["skip", "latest", "all"])
def test_every_rule_starts_once_on_time_and_waits_for_the_next(rule: CatchUp) -> None:
    assert due(HOURLY, NOON, NOON - timedelta(seconds=1), rule) == ([], NOON)
    assert due(HOURLY, NOON, NOON, rule) == ([NOON], NOON + HOUR)
    assert due(HOURLY, NOON, NOON + timedelta(seconds=59), rule) == ([NOON], NOON + HOUR)


def test_what_was_missed_is_skipped_made_up_for_once_or_made_up_for_wholly() -> None:
    late = NOON + 3 * HOUR + timedelta(minutes=20)
    assert due(HOURLY, NOON, late, "skip") == ([], NOON + 4 * HOUR)
    assert due(HOURLY, NOON, late, "latest") == ([NOON + 3 * HOUR], NOON + 4 * HOUR)
    assert due(HOURLY, NOON, late, "all") == ([NOON + each * HOUR for each in range(4)], NOON + 4 * HOUR)


def test_with_many_missed_the_punctual_one_is_started_under_skip() -> None:
    assert due(HOURLY, NOON, NOON + 5 * HOUR + timedelta(seconds=5), "skip") == ([NOON + 5 * HOUR], NOON + 6 * HOUR)


def test_a_year_of_missed_minutes_is_made_up_for_in_parts() -> None:
    minutes, end = timetable_of("* * * * *", "UTC"), NOON + timedelta(days=365)
    moments, following = due(minutes, NOON, end, "all")
    assert len(moments) == MOST_AT_ONCE and following == moments[-1] + timedelta(minutes=1)
    assert due(minutes, NOON, end, "latest") == ([end], end + timedelta(minutes=1))


def test_a_timetable_that_has_ended_waits_for_nothing() -> None:
    moment = datetime(2099, 1, 1, tzinfo=UTC)
    assert due(HOURLY, moment, NOON, "all") == ([], moment)
