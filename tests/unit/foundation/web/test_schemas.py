"""Moments that callers name: in UTC, and near enough that time can be added to them."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from unshelf.foundation.web.schemas import Moment

MOMENTS: TypeAdapter[datetime] = TypeAdapter(Moment)


def test_a_moment_is_in_utc_whatever_its_zone_also_in_the_hour_that_summer_time_repeats() -> None:
    first, second = "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"
    assert MOMENTS.validate_python(first) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert MOMENTS.validate_python(second) - MOMENTS.validate_python(first) == timedelta(hours=1)
    assert MOMENTS.validate_python(first).tzinfo is UTC


@pytest.mark.parametrize(
    "far",
    ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1899-12-31T23:00:00Z", "3000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_a_moment_that_is_too_far_away_is_refused_with_the_years_that_can_be(far: str) -> None:
    with pytest.raises(ValidationError, match="from 1900 to 2999"):
        MOMENTS.validate_python(far)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        MOMENTS.validate_python("2026-10-25T02:30:00")
