"""Datetimes and durations are read to the nanosecond, or refused."""

import datetime
from typing import Any

import pytest

from unshelf.worker.inputs.moments import Moments, duration_nanoseconds, moment_nanoseconds, python_moments, zone_of

NEW_YEAR = 1_704_067_200 * 10**9


@pytest.mark.parametrize(
    ("text", "distance"),
    [
        ("2024-01-01", 0),
        ("2024-01-01T00:00:00.000000001", 1),
        ("2024-01-01T00:00:00.5", 500_000_000),
        ("2024-01-01T00:00:00.000000000000", 0),
        ("2024-01-01T01:00:00+01:00", 0),
        ("2024-01-01T00:00:00.25Z", 250_000_000),
    ],
)
def test_text_is_a_distance_from_1970(text: str, distance: int) -> None:
    assert moment_nanoseconds(text, zoned=False) == NEW_YEAR + distance


@pytest.mark.parametrize("text", ["2024-01-01", "2024-01-01T10:00:00"])
def test_a_moment_of_a_zone_needs_its_offset(text: str) -> None:
    with pytest.raises(ValueError):
        moment_nanoseconds(text, zoned=True)


@pytest.mark.parametrize(
    "text", ["2024-01-01T00:00:00.0000000001", "yesterday", "", 5, None, "0001-01-01T00:00:00+23:59"]
)
def test_what_is_no_moment_is_refused(text: Any) -> None:
    with pytest.raises(ValueError):
        moment_nanoseconds(text, zoned=False)


@pytest.mark.parametrize(
    ("value", "nanoseconds"),
    [
        ("PT1.5S", 1_500_000_000), ("P1DT2H3M4S", 93_784_000_000_000), ("-PT0.000000001S", -1), ("P-1DT23H59M59S", -1_000_000_000),
        ("P2W", 1_209_600_000_000_000), (2, 2_000_000_000), (0.25, 250_000_000), ("PT-0.5S", -500_000_000),
    ],
)  # fmt: skip
def test_durations_are_iso_8601_or_seconds(value: Any, nanoseconds: int) -> None:
    assert duration_nanoseconds(value) == nanoseconds


@pytest.mark.parametrize("value", ["P", "PT", "1 day", "P1Y", "", True, None, float("nan"), 1e300, "PT1.0000000001S"])
def test_what_is_no_duration_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        duration_nanoseconds(value)


def test_a_unit_takes_what_it_can_hold() -> None:
    days = Moments({"type": "datetime", "dtype": "datetime64[D]"}, "", None)
    assert days.read("2024-01-01") == 19723
    with pytest.raises(ValueError):
        days.read("2024-01-01T12:00:00")
    fine = Moments({"type": "datetime", "dtype": "datetime64[ns]"}, "", None)
    with pytest.raises(ValueError):
        fine.read("9999-12-31")
    assert "from 1678 to 2261" in fine.expected


@pytest.mark.parametrize(
    ("dtype", "unit", "zone"),
    [
        ("datetime64[ns, Europe/Paris]", "ns", "Europe/Paris"), ("arrow:timestamp[ms, tz=UTC]", "ms", "UTC"),
        ("arrow:date32[day]", "D", None), ("Date", "D", None), ("Datetime(time_unit='us', time_zone='UTC')", "us", "UTC"),
        ("Datetime(time_unit='ms', time_zone=None)", "ms", None), ("Duration(time_unit='ns')", "ns", None),
    ],
)  # fmt: skip
def test_each_library_s_names_tell_unit_and_zone(dtype: str, unit: str, zone: str | None) -> None:
    moments = Moments({"type": "datetime", "dtype": dtype}, "", None)
    assert (moments.unit, moments.zone) == (unit, zone)


def test_python_gets_its_own_types() -> None:
    assert python_moments({"type": "datetime"}).read("2024-05-01T12:00:00+02:00") == datetime.datetime(2024, 5, 1, 10)  # noqa: DTZ001
    assert python_moments({"type": "datetime", "items": "date"}).read("2024-05-01") == datetime.date(2024, 5, 1)
    assert python_moments({"type": "duration"}).read("PT90S") == datetime.timedelta(minutes=1, seconds=30)
    there = python_moments({"type": "datetime", "items": "datetime[UTC+02:00]"}).read("2024-05-01T10:00:00Z")
    assert there.isoformat() == "2024-05-01T12:00:00+02:00"
    assert zone_of("UTC-03:30").utcoffset(None) == datetime.timedelta(hours=-3, minutes=-30)
