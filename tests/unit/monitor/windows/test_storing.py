"""Windows are stored with what they were counted from, or not at all."""

import pytest

from tests.support.windows import CountedRecords, at
from unshelf.monitor.windows.messages import DayCounted, StoredWindow
from unshelf.monitor.windows.storing import (
    ChangedMeanwhile,
    as_message,
    latency_from,
    store_day,
    stored_windows,
    windows_between,
)


def counted(start: int, requests: int = 1) -> DayCounted:
    window = StoredWindow(hours=1, start=start, requests=requests, rows=1, errors={}, timings="t", profile="p")
    return DayCounted(model="iris", version=1, day="2026-11-02", files=["a.parquet"], segments=["a"], windows=[window])


def test_a_day_is_stored_once_for_each_revision(records: CountedRecords) -> None:
    start = round(at(3).timestamp())
    with records.database.transaction() as session:
        store_day(session, counted(start), revision=None, read=str.encode)
    for wrong in (None, 7):
        with pytest.raises(ChangedMeanwhile), records.database.transaction() as session:
            store_day(session, counted(start, 99), revision=wrong, read=str.encode)
    with records.database.transaction() as session:
        store_day(session, counted(start, 2), revision=1, read=str.encode)
    with records.database.read() as session:
        (row,) = stored_windows(session, "iris", 1, "2026-11-02")
        assert (row.requests, row.timings, row.profile) == (2, b"t", b"p")
        assert as_message(row, timings="x", profile="y").start == start
        assert windows_between(session, "iris", None, (at(3), at(4)), 1) == [row]
        assert windows_between(session, "iris", 2, (at(3), at(4)), 1) == []
        assert stored_windows(session, "iris", 1, "2026-11-03") == []


def test_nothing_answered_has_no_latency() -> None:
    assert latency_from(None) is None
