"""Slices that a monitor asks for are counted with the windows of all rows: each row once."""

from typing import Any

import pytest

from tests.support.windows import CountedRecords, at
from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.foundation.loops.loops import Postponed
from unshelf.monitor.windows.by_slice import counting, storing
from unshelf.monitor.windows.by_slice.storing import OtherReference, store_slices
from unshelf.monitor.windows.intake import VersionDay, _forget
from unshelf.monitor.windows.messages import SlicedDay
from unshelf.records.archive.merging import merge
from unshelf.records.profiles.storing import pack

ROWS = [[1.0, "a"], [2.0, "b"], [3.0, "a"]]


@pytest.fixture
def counted(records: CountedRecords, monkeypatch: pytest.MonkeyPatch) -> CountedRecords:
    for module in (counting, storing):
        monkeypatch.setattr(module, "FIRST_ROWS", 4)
    records.intake.slices_of = lambda _session, _model: {"who=a"}
    return records


def rows(records: CountedRecords, since: float = 0, until: float = 96, slice: str = "who=a") -> int:
    found = records.windows.of_slice("iris", 1, slice, at(since), at(until))
    return 0 if found is None else found.rows


def test_hours_and_days_of_a_slice_are_merged_to_any_range(counted: CountedRecords) -> None:
    counted.keep(counted.call(0.5, ROWS), counted.call(5.0, [[9.0, "b"]]), counted.call(25.0, ROWS))
    counted.intake.count_all()
    assert (rows(counted), rows(counted, 0, 24), rows(counted, 1, 24), rows(counted, 24, 26)) == (4, 2, 0, 2)
    assert rows(counted, slice="who=b") == 0, "nobody asks for it"
    counted.keep(counted.call(0.6, ROWS))
    counted.intake.count_all()
    assert (rows(counted, 0, 1), rows(counted)) == (4, 6)


def test_merging_and_looking_again_count_nothing_twice(counted: CountedRecords) -> None:
    counted.keep(counted.call(0.1, ROWS))
    counted.keep(counted.call(0.2, ROWS))
    counted.intake.count_all()
    counted.archive.staging.mkdir(exist_ok=True)
    counted.keep(counted.call(0.3, ROWS))
    assert merge(counted.archive, counted.archive.files())
    counted.intake.count_all()
    counted.intake.count_all()
    assert rows(counted) == 6


def test_the_first_rows_become_the_reference_once_there_are_enough(counted: CountedRecords) -> None:
    counted.keep(counted.call(0.1, ROWS))
    counted.intake.count_all()
    assert counted.windows.reference_of_slice("iris", 1, "who=a") is None
    counted.keep(*(counted.call(24 * day + 0.2, ROWS) for day in range(3)))
    counted.intake.count_all()
    reference = counted.windows.reference_of_slice("iris", 1, "who=a")
    assert reference is not None and reference.rows == 4
    assert rows(counted) == 8


def test_two_that_count_at_once_count_each_row_once(counted: CountedRecords) -> None:
    counted.keep(counted.call(0.1, ROWS))
    other = counted.another()
    other.slices_of = counted.intake.slices_of
    order = counted.intake.order

    def late(*given: Any, **more: Any) -> Any:
        found = order(*given, **more)
        counted.keep(counted.call(30.0, ROWS))
        other._count(dict(other._uncounted("2026-11-03", "9")), None)
        return found

    counted.intake.order = late  # type: ignore[method-assign]
    with pytest.raises(Postponed):
        counted.intake.count_all()
    counted.intake.order = order  # type: ignore[method-assign]
    counted.intake.count_all()
    assert rows(counted) == 4
    reference = counted.windows.reference_of_slice("iris", 1, "who=a")
    assert reference is not None and reference.rows == 4


def test_a_day_that_is_forgotten_takes_its_slices_along(counted: CountedRecords) -> None:
    counted.keep(counted.call(0.1, ROWS), counted.call(25.0, ROWS))
    counted.intake.count_all()
    with counted.database.transaction() as session:
        _forget(session, VersionDay("iris", 1, "2026-11-02"))
    assert (rows(counted, 0, 24), rows(counted)) == (0, 2)


def test_a_reference_goes_on_only_where_it_is(records: CountedRecords) -> None:
    nothing = pack(TableProfile(rows=0, columns={}))

    def put(rows: int, began: int) -> None:
        day = SlicedDay(slice="who=a", rows=rows, began=began, reference="r")
        with records.database.transaction() as session:
            store_slices(session, "iris", 1, [day], lambda _: nothing)

    put(5, 0)
    with pytest.raises(OtherReference):
        put(6, 0)
    put(7, 5)
    put(7, 7)
