"""Slices are profiled by hour and day, and their first rows are kept, as many as are wanted."""

from typing import Any

import pyarrow as pa
import pytest

from unshelf.monitor.windows.by_slice import counting
from unshelf.monitor.windows.by_slice.counting import SliceCounter, SliceReference
from unshelf.monitor.windows.counting import ColumnsBuilder

HOUR_NS = 3600 * 10**9
NONE = SliceReference(rows=0, profile=None)


def records(hour: int, *values: float, who: str = "a") -> Any:
    return pa.table({
        "time": pa.array([hour * HOUR_NS] * len(values), pa.timestamp("ns")), "status": [200] * len(values),
        "in_x": [[value] for value in values], "in_who": [[who]] * len(values),
    })  # fmt: skip


def columns() -> ColumnsBuilder:
    return ColumnsBuilder({"in:x": "number"}, {})


def mean(profile: Any) -> float:
    return float(profile.columns["in:x"].moments.mean)


def test_hours_and_days_have_the_rows_of_the_slice_alone() -> None:
    counter = SliceCounter("who=a", NONE, columns)
    for each in (records(1, 1.0, 3.0), records(1, 100.0, who="b"), records(5, 5.0), records(30, 7.0)):
        counter.add(each)
    found = [(hours, hour, profile.rows, mean(profile)) for hours, hour, profile in counter.windows()]
    assert found == [(1, 1, 2, 2.0), (1, 5, 1, 5.0), (1, 30, 1, 7.0), (24, 0, 3, 3.0), (24, 24, 1, 7.0)]


def test_the_first_rows_are_as_many_as_are_wanted_and_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "FIRST_ROWS", 3)
    counter = SliceCounter("who=a", NONE, columns)
    counter.add(records(1, 1.0, 2.0))
    begun = counter.reference()
    assert (begun.rows, begun.is_whole) == (2, False)
    later = SliceCounter("who=a", begun, columns)
    later.add(records(2, 6.0, 60.0))
    whole = later.reference()
    assert (whole.rows, whole.is_whole, mean(whole.profile)) == (3, True, 3.0)
    last = SliceCounter("who=a", whole, columns)
    last.add(records(3, 9.0))
    assert last.reference() is whole
    assert SliceCounter("who=b", NONE, columns).reference() is NONE
