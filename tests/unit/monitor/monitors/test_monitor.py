"""Windows are those of the calendar, in UTC."""

from datetime import UTC, datetime, timedelta

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.monitor.monitors.monitor import Span, check_moment, window_at, windows_between

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def test_windows_are_those_of_the_calendar() -> None:
    moment = datetime(2026, 3, 4, 15, 20, tzinfo=UTC)
    assert window_at(moment, "hour").since.hour == 15
    assert window_at(moment, "day") == Span(datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))
    assert window_at(moment, "week").since == MONDAY
    assert window_at(datetime(1999, 12, 31, 23, tzinfo=UTC), "day").since.day == 31
    assert window_at(moment, "day").before() == Span(datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC))


def test_a_time_has_the_windows_that_it_touches() -> None:
    found = windows_between(MONDAY + timedelta(hours=5), MONDAY + timedelta(days=2), "day")
    assert [each.since.day for each in found] == [2, 3]
    assert windows_between(MONDAY, MONDAY, "hour") == []


def test_moments_of_another_age_are_refused() -> None:
    check_moment(None)
    check_moment(MONDAY)
    for year in (1, 1999, 3000, 9999):
        with pytest.raises(InvalidInput, match="between the years"):
            check_moment(datetime(year, 1, 1, tzinfo=UTC))
