"""Timetables: cron in a time zone, also where clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unshelf.contracts.errors import InvalidInput
from unshelf.develop.schedules.timetable import Timetable, timetable_of

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(timetable: Timetable, start: str, count: int) -> list[str]:
    return [each.strftime("%d %H:%M") for each in timetable.upcoming(at(start), count)]


@pytest.mark.parametrize(
    ("cron", "spring"),
    [
        ("30 2 * * *", ["29 01:00", "30 00:30", "31 00:30"]),  # 02:30 does not exist on the 29th: it is due at 03:00
        ("30 2,3 * * *", ["29 01:00", "29 01:30", "30 00:30"]),
        ("0 * * * *", ["29 00:00", "29 01:00", "29 02:00"]),
        ("*/30 * * * *", ["29 00:00", "29 00:30", "29 01:00"]),
        ("0 12 * * *", ["29 10:00", "30 10:00", "31 10:00"]),
    ],
)
def test_what_the_clock_skips_in_spring_is_due_right_after_the_gap(cron: str, spring: list[str]) -> None:
    assert shown(timetable_of(cron, BERLIN), "2026-03-28T23:45", 3) == spring


@pytest.mark.parametrize(
    ("cron", "autumn"),
    [
        ("30 2 * * *", ["25 00:30", "26 01:30", "27 01:30"]),  # the first of the two
        ("15 1-3 * * *", ["24 23:15", "25 00:15", "25 02:15"]),
        ("0 * * * *", ["24 23:00", "25 00:00", "25 01:00"]),  # by the hour: at each, also the one that comes twice
        ("*/30 * * * *", ["24 23:00", "24 23:30", "25 00:00"]),
        ("0 12 * * *", ["25 11:00", "26 11:00", "27 11:00"]),
    ],
)
def test_a_time_of_day_that_comes_twice_in_autumn_counts_once(cron: str, autumn: list[str]) -> None:
    assert shown(timetable_of(cron, BERLIN), "2026-10-24T22:30", 3) == autumn


@given(
    cron=st.sampled_from(
        ["30 2 * * *", "*/20 * * * *", "15 1-3 * * *", "0 0 1 * *", "5 4 * * SUN", "0 */2 * * *", "59 23 31 * *"]
    ),
    zone=st.sampled_from(
        [BERLIN, "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "UTC"]
    ),
    minutes=st.integers(min_value=0, max_value=4 * 365 * 24 * 60),
)
@settings(max_examples=50, deadline=None)
def test_going_on_from_any_moment_gives_the_same_moments(cron: str, zone: str, minutes: int) -> None:
    timetable, begin = timetable_of(cron, zone), at("2024-01-01") + timedelta(minutes=minutes)
    in_one_go = timetable.upcoming(begin, 12)
    step_by_step, moment = [], begin
    for _ in in_one_go:
        following = timetable.after(moment)
        assert following is not None and following > moment
        assert timetable.before(following + timedelta(microseconds=1)) == following
        step_by_step.append(following)
        moment = following
    assert step_by_step == in_one_go


def test_short_forms_and_small_letters_are_read() -> None:
    assert timetable_of("@daily", "UTC").cron == "0 0 * * *"
    assert timetable_of(" 30 6  * * mon-fri ", "UTC").cron == "30 6 * * MON-FRI"
    assert shown(timetable_of("30 6 * * mon-fri", "UTC"), "2026-10-23T12:00", 2) == ["26 06:30", "27 06:30"]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("", "0 fields instead of five"),
        ("* * * *", "4 fields instead of five"),
        ("0 * * * * *", "6 fields instead of five"),
        ("61 * * * *", "bad minute"),
        ("0 0 * * funday", "bad day-of-week"),
        ("@never", "1 fields instead of five"),
        ("0 0 31 2 *", "bad day-of-month"),
        ("0 " * 300, "200 characters"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_reason(cron: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        timetable_of(cron, "UTC")
    assert refused.value.hint


@pytest.mark.parametrize("name", ["", "Berlin", "../etc/passwd", "Europe/Berlin\x00", "CEST+2"])
def test_a_time_zone_is_one_of_the_known_names(name: str) -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        timetable_of("@daily", name)
