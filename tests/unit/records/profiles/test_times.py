"""Profiles of times."""

from datetime import UTC, date, datetime

import pyarrow as pa

from unshelf.records.profiles.times import TimeBuilder, merged_times


def test_texts_dates_and_timestamps_are_unix_times() -> None:
    builder = TimeBuilder()
    builder.add(pa.array(["1970-01-02", "1970-01-01T01:00:00+01:00", "1970-01-01T00:00:01Z", "yesterday", None]))
    builder.add(pa.array([date(1970, 1, 3), None]))
    builder.add(pa.array([datetime(1970, 1, 4, tzinfo=UTC)], pa.timestamp("ms", "UTC")))
    seen = builder.profile()
    assert (seen.seconds.rows, seen.seconds.gaps, seen.unreadable) == (8, 3, 1)
    assert (seen.seconds.minimum, seen.seconds.maximum) == (0, 3 * 86_400)
    assert merged_times([seen, seen]).unreadable == 2
