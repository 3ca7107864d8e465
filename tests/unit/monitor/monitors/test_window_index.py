"""The index of counted windows: hours, versions, requests, and what has changed."""

from datetime import timedelta

from tests.support.monitored import asked
from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL, Stage
from unshelf.monitor.monitors.monitor import Span
from unshelf.monitor.monitors.window_index import WindowIndex

DAY = timedelta(days=1)


def test_requests_are_counted_by_window(stage: Stage) -> None:
    stage.count(BEGIN, asked(40, 1), errors={"overloaded": 2})
    stage.count(BEGIN + 5 * HOUR, asked(30, 2), version=2)
    stage.count(BEGIN + DAY, asked(20, 3))
    index, span = WindowIndex(stage.database), Span(BEGIN, BEGIN + 2 * DAY)
    with stage.database.read() as session:
        assert index.requests(session, MODEL, None, span, "day") == {BEGIN: 72, BEGIN + DAY: 20}
        assert index.requests(session, MODEL, 2, span, "hour") == {BEGIN + 5 * HOUR: 30}
        assert index.versions(session, MODEL, Span(BEGIN, BEGIN + DAY)) == [1, 2]
        assert index.versions(session, MODEL, Span(BEGIN + DAY, BEGIN + 2 * DAY)) == [1]
        assert (index.first(session, MODEL), index.first(session, "none")) == (BEGIN, None)
        assert index.asked_since(session, BEGIN + DAY) == [MODEL]
        assert index.asked_since(session, BEGIN + 2 * DAY) == []


def test_changes_come_in_the_order_they_were_counted(stage: Stage) -> None:
    stage.clock.moment = BEGIN + 3 * DAY
    stage.count(BEGIN + HOUR, asked(30, 1))
    stage.clock.moment = BEGIN + 2 * DAY
    stage.count(BEGIN + 2 * HOUR, asked(30, 2))
    index = WindowIndex(stage.database)
    assert [each.start for each in index.changed_since(BEGIN, begin=BEGIN)] == [BEGIN + 2 * HOUR, BEGIN + HOUR]
    assert [each.start for each in index.changed_since(BEGIN + 3 * DAY, begin=BEGIN)] == [BEGIN + HOUR]
    assert [each.start for each in index.changed_since(BEGIN, begin=BEGIN + 2 * HOUR)] == [BEGIN + 2 * HOUR]
