"""Windows of predictions: each record is in one window of a size, whatever is killed, late, merged or counted by two."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.windows import CountedRecords
from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.foundation.loops.loops import Postponed
from unshelf.monitor.windows.by_count import storing
from unshelf.monitor.windows.by_count.storing import OtherWindowOpen, store_windows, window_of
from unshelf.monitor.windows.messages import CountedWindow
from unshelf.monitor.windows.tables import CountWindowRow
from unshelf.records.archive.merging import merge
from unshelf.records.profiles.storing import pack

NOTHING = pack(TableProfile(rows=0, columns={}))


def stored(records: CountedRecords, size: int = 3) -> list[tuple[int, int, int]]:
    """Number, predictions and rows of each window."""
    query = select(CountWindowRow).where(CountWindowRow.size == size).order_by(CountWindowRow.number)
    with records.database.read() as session:
        return [(row.number, row.requests, row.rows) for row in session.scalars(query)]


@pytest.fixture
def counted(records: CountedRecords) -> CountedRecords:
    records.intake.sizes_of = lambda _session, _model: {3}
    return records


def test_segments_fill_windows_one_after_the_other(counted: CountedRecords) -> None:
    counted.keep(counted.call(0.1, [[1.0, "a"], [2.0, "b"]]), counted.call(0.2))
    counted.intake.count_all()
    assert stored(counted) == [(1, 2, 3)]
    counted.keep(
        *(counted.call(1 + number / 10) for number in range(5)), counted.call(2, status=500, code="model_failed")
    )
    counted.intake.count_all()
    assert stored(counted) == [(1, 3, 4), (2, 3, 3), (3, 2, 1)]
    window = counted.windows.of_predictions("iris", 1, 3, 1)
    assert window is not None and window.profile.columns["in:x"].rows == 4
    assert window.facts.requests == 3
    assert counted.windows.of_predictions("iris", 1, 3, 9) is None


def test_late_segments_and_other_days_belong_to_the_window_that_is_open_then(counted: CountedRecords) -> None:
    counted.keep(*(counted.call(30 + number / 10) for number in range(4)))
    counted.intake.count_all()
    counted.keep(counted.call(0.5), counted.call(26.0))
    counted.intake.count_all()
    assert stored(counted) == [(1, 3, 3), (2, 3, 3)]
    with counted.database.read() as session:
        first, second = (window_of(session, "iris", 1, 3, number) for number in (1, 2))
    assert first is not None and second is not None
    assert second.first_ns < first.first_ns, "a late record"
    assert second.since > first.since, "but windows are told apart by their beginnings, in order"


def test_many_days_at_once_lose_nothing(counted: CountedRecords) -> None:
    for day in range(4):
        counted.keep(*(counted.call(24 * day + number / 10) for number in range(4)))
    counted.intake.count_all()
    assert [(number, requests) for number, requests, _ in stored(counted)] == [
        (1, 3),
        (2, 3),
        (3, 3),
        (4, 3),
        (5, 3),
        (6, 1),
    ]


def test_merging_and_looking_again_count_nothing_twice(counted: CountedRecords) -> None:
    counted.keep(counted.call(0.1))
    counted.keep(counted.call(0.2))
    counted.intake.count_all()
    counted.keep(counted.call(0.3))
    counted.archive.staging.mkdir(exist_ok=True)
    assert merge(counted.archive, counted.archive.files())
    counted.intake.count_all()
    counted.intake.count_all()
    assert stored(counted) == [(1, 3, 3)]


def test_two_that_count_at_once_put_each_record_into_one_window(counted: CountedRecords) -> None:
    """Given a control that counted one day while another one counts the day before, then the second counts anew, and nothing is lost."""
    counted.keep(counted.call(0.1), counted.call(0.2))
    other = counted.another()
    other.sizes_of = counted.intake.sizes_of
    order = counted.intake.order

    def late(*given: Any, **more: Any) -> Any:
        found = order(*given, **more)
        counted.keep(counted.call(30.0), counted.call(30.1))
        other._count(dict(other._uncounted("2026-11-03", "9")), None)
        return found

    counted.intake.order = late  # type: ignore[method-assign]
    with pytest.raises(Postponed):
        counted.intake.count_all()
    counted.intake.order = order  # type: ignore[method-assign]
    counted.intake.count_all()
    assert stored(counted) == [(1, 3, 3), (2, 1, 1)]


def test_a_size_that_comes_later_has_what_was_counted_before(counted: CountedRecords) -> None:
    counted.keep(counted.call(0.1))
    counted.intake.count_all()
    counted.intake.sizes_of = lambda _session, _model: {3, 2}
    counted.keep(counted.call(0.2), counted.call(0.3))
    counted.intake.count_all()
    assert (stored(counted, 2), stored(counted, 3)) == ([(1, 2, 2), (2, 1, 1)], [(1, 3, 3)])


def test_old_windows_are_forgotten(counted: CountedRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "MOST_KEPT", 2)
    for number in range(6):
        counted.keep(*(counted.call(number + each / 10) for each in range(3)))
        counted.intake.count_all()
    assert [number for number, _, _ in stored(counted)] == [4, 5, 6]


def test_a_window_goes_on_only_where_the_last_one_is(records: CountedRecords) -> None:
    window = CountedWindow(size=3, number=1, requests=2, first_ns=5, last_ns=9, timings="t", profile="p")

    def put(**changed: Any) -> None:
        given = {name: getattr(window, name) for name in CountedWindow.__struct_fields__} | changed
        with records.database.transaction() as session:
            store_windows(session, "iris", 1, [CountedWindow(**given)], lambda _: NOTHING)

    put()
    for wrong in ({}, {"began": 1}, {"number": 2}, {"began": 2, "number": 2}):
        with pytest.raises(OtherWindowOpen):
            put(**wrong)
    put(began=2, requests=3)
    put(number=2, requests=1)
    assert stored(records) == [(1, 3, 0), (2, 1, 0)]
