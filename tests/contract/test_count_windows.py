"""Windows of predictions and of slices on every database: each goes on where the last one is; of two that count at once one is stored."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.monitor.monitors.window_index import WindowIndex
from unshelf.monitor.windows.by_count.storing import OtherWindowOpen, open_windows, store_windows, window_of
from unshelf.monitor.windows.by_slice.storing import forget_slices, sliced_days, windows_of
from unshelf.monitor.windows.messages import CountedWindow, DayCounted, SlicedDay, SliceWindow
from unshelf.monitor.windows.storing import ChangedMeanwhile, store_day
from unshelf.records.profiles.storing import pack
from unshelf.server.backends import load_backend
from unshelf.server.wiring import control

PROFILE = pack(TableProfile(rows=0, columns={}))
SECOND = 1_000_000_000
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    assert control.build_control  # importing it is what makes every wing's tables known
    opened: Database = load_backend("database", database_url)(database_url)
    migrate(opened)
    yield opened
    opened.dispose()


def window(number: int, requests: int, began: int | None = None, **more: Any) -> CountedWindow:
    given = {"first_ns": 100 * SECOND, "last_ns": 200 * SECOND, "timings": "t", "profile": "p", **more}
    return CountedWindow(size=100, number=number, requests=requests, began=began, **given)


def put(database: Database, *windows: CountedWindow) -> None:
    with database.transaction() as session:
        store_windows(session, "iris", 1, list(windows), lambda _: PROFILE)


def test_windows_are_filled_closed_and_told_apart(database: Database) -> None:
    put(database, window(1, 60))
    put(database, window(1, 100, began=60), window(2, 100), window(3, 7, errors={"model_failed": 2}))
    with pytest.raises(OtherWindowOpen):
        put(database, window(3, 9, began=8))
    with database.read() as session:
        index = WindowIndex(database)
        closed = index.closed(session, "iris", 100)
        assert [(each.version, each.span.number) for each in closed] == [(1, 1), (1, 2)]
        assert closed[1].span.since - closed[0].span.since == timedelta(microseconds=1), "equal times are told apart"
        assert index.closed_since(session, closed[0].counted_at + timedelta(hours=1)) == []
        assert [each.span for each in index.closed_since(session, closed[0].counted_at)] == [
            each.span for each in closed
        ]
        kept: list[str] = []
        (opened,) = open_windows(session, "iris", 1, [100], lambda name, _: kept.append(name) or name)  # type: ignore[func-returns-value]
        assert (opened.number, opened.requests, opened.errors, opened.first_ns) == (
            3,
            7,
            {"model_failed": 2},
            100 * SECOND,
        )
        assert [opened.timings, opened.profile] == kept
        found = window_of(session, "iris", 1, 100, 2)
        assert found is not None and found.profile == PROFILE
        assert window_of(session, "iris", 2, 100, 2) is None


def test_a_day_is_stored_with_its_windows_or_not_at_all(database: Database) -> None:
    put(database, window(1, 60))
    day = DayCounted(
        model="iris", version=1, day="2026-11-02", segments=["a"], of_predictions=[window(1, 80, began=50)]
    )
    with pytest.raises(ChangedMeanwhile), database.transaction() as session:
        store_day(session, day, revision=None, read=lambda _: PROFILE)
    good = DayCounted(
        model="iris", version=1, day="2026-11-02", segments=["a"], of_predictions=[window(1, 80, began=60)]
    )
    with database.transaction() as session:
        store_day(session, good, revision=None, read=lambda _: PROFILE)
    with database.read() as session:
        found = window_of(session, "iris", 1, 100, 1)
        assert found is not None and found.requests == 80


def test_slices_are_stored_with_their_day_or_not_at_all(database: Database) -> None:
    def counted(began: int, rows: int) -> DayCounted:
        start = int(BEGIN.timestamp())
        windows = [SliceWindow(hours=hours, start=start, rows=rows, profile="p") for hours in (1, 24)]
        sliced = SlicedDay(slice="region=north", windows=windows, rows=rows, began=began, reference="p")
        return DayCounted(model="iris", version=1, day="2026-11-02", slices=[sliced])

    for done, revision in ((counted(0, 5), None), (counted(5, 9), 1)):
        with database.transaction() as session:
            store_day(session, done, revision=revision, read=lambda _: PROFILE)
    with pytest.raises(ChangedMeanwhile), database.transaction() as session:
        store_day(session, counted(5, 11), revision=2, read=lambda _: PROFILE)
    with database.read() as session:
        span = (BEGIN, BEGIN + timedelta(days=1))
        for hours in (1, 24):
            assert windows_of(session, ("iris", 1, "region=north"), span, hours) == [PROFILE]
        assert windows_of(session, ("iris", 1, "region=south"), span, 1) == []
        kept: list[str] = []
        (known,) = sliced_days(
            session, ("iris", 1, "2026-11-02"), ["region=north"], lambda name, _: kept.append(name) or name
        )  # type: ignore[func-returns-value]
        assert (known.rows, known.began, [each.rows for each in known.windows], len(kept)) == (9, 9, [9, 9], 3)
    with database.transaction() as session:
        forget_slices(session, "iris", 1, "2026-11-02")
        assert windows_of(session, ("iris", 1, "region=north"), span, 24) == []
