"""Windows that a monitor asks for anew have what was counted before, once, and nothing of it twice."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.support.windows import CountedRecords, at
from tests.unit.monitor.windows.by_count.test_storing import stored
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.foundation.loops.claims import Claims
from unshelf.foundation.loops.loops import Postponed
from unshelf.monitor.windows import past
from unshelf.monitor.windows.intake import QUEUE
from unshelf.monitor.windows.past import PastFiller
from unshelf.monitor.windows.tables import CountedDayRow, CountWindowRow, RecordWindowRow, SliceReferenceRow

ROWS = [[1.0, "a"], [2.0, "b"], [3.0, "a"]]


@pytest.fixture
def counted(records: CountedRecords) -> CountedRecords:
    """Given seven requests of two days, counted in two segments, when nobody asked for more than hours."""
    records.keep(*(records.call(1 + number / 10, ROWS) for number in range(4)))
    records.keep(*(records.call(30 + number / 10, ROWS) for number in range(3)))
    records.intake.count_all()
    return records


def filler(records: CountedRecords) -> PastFiller:
    return PastFiller(records.database, records.intake, DataProcesses(records.run).scratch)


def asks(records: CountedRecords, *, sizes: Any = (), slices: Any = ()) -> None:
    records.intake.sizes_of = lambda _session, _model: sizes
    records.intake.slices_of = lambda _session, _model: slices


def rows(records: CountedRecords, since: float = 0, until: float = 96, slice: str = "who=a") -> int:
    found = records.windows.of_slice("iris", 1, slice, at(since), at(until))
    return 0 if found is None else found.rows


def hours(records: CountedRecords) -> list[tuple[Any, ...]]:
    query = select(RecordWindowRow.start, RecordWindowRow.hours, RecordWindowRow.requests, RecordWindowRow.counted_at)
    with records.database.read() as session:
        return [tuple(row) for row in session.execute(query.order_by(RecordWindowRow.start, RecordWindowRow.hours))]


def test_windows_of_predictions_have_the_past_and_go_on_with_what_is_new(counted: CountedRecords) -> None:
    before = hours(counted)
    asks(counted, sizes={3, 5})
    filler(counted).fill_model("iris", None)
    assert (stored(counted, 3), stored(counted, 5)) == ([(1, 3, 9), (2, 3, 9), (3, 1, 3)], [(1, 5, 15), (2, 2, 6)])
    assert hours(counted) == before, "windows of time are as they were"
    filler(counted).fill_model("iris", None)
    counted.keep(counted.call(31, ROWS))
    counted.intake.count_all()
    assert stored(counted, 3) == [(1, 3, 9), (2, 3, 9), (3, 2, 6)]


def test_the_past_comes_before_the_first_new_record(counted: CountedRecords) -> None:
    asks(counted, sizes={3})
    counted.keep(counted.call(0.2, ROWS))
    counted.intake.count_all()
    assert stored(counted, 3) == [(1, 3, 9), (2, 3, 9), (3, 2, 6)]
    with counted.database.read() as session:
        last = session.get_one(CountWindowRow, ("iris", 1, 3, 3))
        assert last.first_ns == round(at(0.2).timestamp()) * 10**9, "the new one is in the last window, early as it is"


def test_a_slice_has_the_past_in_hours_days_and_first_rows(counted: CountedRecords) -> None:
    asks(counted, slices={"who=a", "who=z"})
    orders = counted.intake.orders
    filler(counted).fill_model("iris", None)
    assert (rows(counted), rows(counted, 0, 24), rows(counted, 24, 48), rows(counted, 24, 30)) == (14, 8, 6, 0)
    assert rows(counted, slice="who=z") == 0
    with counted.database.read() as session:
        kept = {row.slice: row.rows for row in session.scalars(select(SliceReferenceRow))}
    assert kept == {"who=a": 14, "who=z": 0}
    assert counted.intake.orders == orders + 1
    filler(counted).fill_model("iris", None)
    assert counted.intake.orders == orders + 1, "a slice without rows is not looked for again"
    counted.keep(counted.call(31, ROWS), counted.call(32, [[1.0, "z"]]))
    counted.intake.count_all()
    assert (rows(counted), rows(counted, slice="who=z")) == (16, 1)


def test_records_that_were_not_counted_are_not_in_the_past(counted: CountedRecords) -> None:
    counted.keep(*(counted.call(1.5, ROWS) for _ in range(2)))
    asks(counted, sizes={3}, slices={"who=a"})
    filler(counted).fill_model("iris", None)
    assert (stored(counted, 3)[-1], rows(counted)) == ((3, 1, 3), 14)
    counted.intake.count_all()
    assert (stored(counted, 3)[-1], rows(counted)) == ((3, 3, 9), 18)


def test_no_more_days_are_read_than_kept_windows_need(counted: CountedRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST_KEPT", 1)
    asks(counted, sizes={3})
    filler(counted).fill_model("iris", None)
    assert stored(counted, 3) == [(1, 3, 9)]


def test_what_is_counted_meanwhile_has_it_done_again(counted: CountedRecords) -> None:
    asks(counted, sizes={3}, slices={"who=a"})
    order = counted.intake.order

    def late(*given: Any) -> Any:
        found = order(*given)
        with counted.database.transaction() as session:
            session.execute(update(CountedDayRow).values(revision=CountedDayRow.revision + 1))
        return found

    counted.intake.order = late  # type: ignore[method-assign, assignment]
    with pytest.raises(Postponed, match="counted meanwhile"):
        filler(counted).fill_model("iris", None)
    assert (stored(counted, 3), rows(counted)) == ([], 0)
    counted.intake.order = order  # type: ignore[method-assign]
    filler(counted).fill_model("iris", None)
    assert (len(stored(counted, 3)), rows(counted)) == (3, 14)


def test_a_day_that_can_not_be_read_keeps_nobody_from_counting(
    counted: CountedRecords, caplog: pytest.LogCaptureFixture
) -> None:
    asks(counted, sizes={3}, slices={"who=a"})
    order: Callable[..., Any] = counted.intake.order

    def broken(*given: Any) -> Any:
        return [type(each)(model="iris", version=1, day=each.day, problem="It is broken.") for each in order(*given)]

    counted.intake.order = broken  # type: ignore[method-assign, assignment]
    filler(counted).fill_model("iris", None)
    assert "can't be filled" in caplog.text
    counted.intake.order = order  # type: ignore[method-assign]
    asks(counted, slices={"who=a"})
    counted.keep(counted.call(31, ROWS))
    counted.intake.count_all()
    assert rows(counted) == 2


def test_a_monitor_s_question_is_a_piece_of_work_of_the_loop(counted: CountedRecords) -> None:
    asks(counted, sizes={3})
    counted.intake.asked("iris")
    claim = Claims(counted.database, owner="test", lease_seconds=30).take(QUEUE)
    assert claim is not None and claim.key.startswith("past iris/")
    counted.intake.work(claim)
    assert len(stored(counted, 3)) == 3
