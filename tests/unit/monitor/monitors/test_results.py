"""Results: kept by window, the newest found again, forgotten with age."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.monitor.monitors.conftest import BEGIN, MODEL, Stage
from unshelf.monitor.monitors import results as results_module
from unshelf.monitor.monitors.judging.verdict import MonitorResult, Status, Verdict, not_judged
from unshelf.monitor.monitors.monitor import Span

DAY = timedelta(days=1)


def result(
    day: int, status: Status = "ok", *, version: int | None = 1, complete: bool = True, name: str = "inputs"
) -> MonitorResult:
    verdict = (
        Verdict(status=status, rows=100, threshold=0.1, value=0.05)
        if status != "not_judged"
        else not_judged("few", rows=1, threshold=0.1)
    )
    return MonitorResult(
        model=MODEL, monitor=name, version=version, since=BEGIN + day * DAY, until=BEGIN + (day + 1) * DAY, complete=complete,
        verdict=verdict, looks=1, judged_at=BEGIN,
    )  # fmt: skip


def test_a_window_has_one_result(stage: Stage) -> None:
    stage.results.put([result(0)])
    stage.results.put([result(0, "alarm")])
    with stage.database.read() as session:
        window = Span(BEGIN, BEGIN + DAY)
        kept = stage.results.at(session, MODEL, "inputs", 1, window)
        assert kept == result(0, "alarm")
        assert stage.results.at(session, MODEL, "inputs", 2, window) is None
        assert stage.results.at(session, MODEL, "inputs", 1, Span(BEGIN, BEGIN + 7 * DAY)) is None, (
            "another length of windows"
        )


def test_the_newest_of_several_versions_is_the_worst(stage: Stage) -> None:
    stage.results.put(
        [result(0, "alarm"), result(1, version=1), result(1, "alarm", version=2), result(1, "not_judged", version=3)]
    )
    stage.results.put([result(2, version=None, name="volume")])
    with stage.database.read() as session:
        latest = stage.results.latest(session, [MODEL, "another"], lambda *_: True)
    assert {name: (each.version, each.verdict.status) for (_, name), each in latest.items()} == {
        "inputs": (2, "alarm"), "volume": (None, "ok")
    }  # fmt: skip


def test_windows_that_ended_since_they_were_judged(stage: Stage) -> None:
    stage.results.put([result(0), result(1, complete=False), result(2, complete=False)])
    with stage.database.read() as session:
        assert [each.since for each in stage.results.unfinished(session, BEGIN + 2 * DAY)] == [BEGIN + DAY]
        assert stage.results.next_end(session) == BEGIN + 2 * DAY


def test_pages_go_on_and_are_bounded(stage: Stage) -> None:
    stage.results.put([result(day, version=version) for day in range(4) for version in (1, 2)])
    with stage.database.read() as session:
        page = stage.results.page(
            session, MODEL, "inputs", version=2, since=BEGIN + DAY, until=BEGIN + 3 * DAY, limit=10, cursor=None
        )
        assert [(each.since - BEGIN).days for each in page.items] == [2, 1]
        first = stage.results.page(session, MODEL, "inputs", version=None, since=None, until=None, limit=3, cursor=None)
        rest = stage.results.page(
            session, MODEL, "inputs", version=None, since=None, until=None, limit=30, cursor=first.next_cursor
        )
    assert len(first.items) + len(rest.items) == 8
    assert not {(each.since, each.version) for each in first.items} & {
        (each.since, each.version) for each in rest.items
    }


def test_old_ones_are_deleted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_module, "now", lambda: BEGIN + 12 * DAY)
    stage.results.put([result(0), result(5), replace(result(0), version=2)])
    assert stage.results.prune(days=7) == 2
    assert stage.results.prune(days=7) == 0


def test_a_version_that_does_not_count_leaves_the_newest_of_those_that_do(stage: Stage) -> None:
    stage.results.put([result(0, version=1), result(1, version=1), result(2, "alarm", version=2)])
    with stage.database.read() as session:
        latest = stage.results.latest(session, [MODEL], lambda _model, _monitor, version: version != 2)
        assert [(each.version, each.since) for each in latest.values()] == [(1, BEGIN + DAY)]
        assert stage.results.latest(session, [MODEL], lambda *_: False) == {}
