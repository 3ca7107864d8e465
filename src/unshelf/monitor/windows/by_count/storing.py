"""Windows of predictions in the database: stored in the transaction that stores the days they were counted from, and read."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, undefer

from unshelf.foundation.clock import now
from unshelf.monitor.windows.messages import CountedWindow
from unshelf.monitor.windows.tables import CountWindowRow

MOST_KEPT = 100
"""Closed windows of a size that are kept; what monitors found in older ones stays."""
_MICROSECOND = timedelta(microseconds=1)


class OtherWindowOpen(Exception):
    """Other records were put into the windows since they were read."""


def open_windows(
    session: Session, model: str, version: int, sizes: Collection[int], write: Callable[[str, bytes], str]
) -> list[CountedWindow]:
    """Return the open window of each size. `write` keeps a profile in a file of this name, and returns the name."""
    return [_opened(latest_window(session, model, version, size), size, write) for size in sorted(sizes)]


def store_windows(
    session: Session, model: str, version: int, windows: list[CountedWindow], read: Callable[[str], bytes]
) -> None:
    """Store windows with new records, by size and number, in the caller's transaction. Raises OtherWindowOpen, and then nothing of it
    may be committed."""
    moment = now()
    for window in windows:
        last = latest_window(session, model, version, window.size)
        _check(window, last)
        before = last if last is None or last.number < window.number else _before(session, last)
        first, latest = _moment(window.first_ns), _moment(window.last_ns)
        since = first if before is None else max(first, before.since + _MICROSECOND)
        session.merge(
            CountWindowRow(
                model=model, version=version, size=window.size, number=window.number, requests=window.requests, rows=window.rows,
                errors=window.errors, since=since, until=max(since, latest), first_ns=window.first_ns, last_ns=window.last_ns,
                timings=read(window.timings), profile=read(window.profile), counted_at=moment,
            )
        )  # fmt: skip
        session.flush()
        _forget_old(session, model, version, window)


def latest_window(session: Session, model: str, version: int, size: int) -> CountWindowRow | None:
    """Return the last window of a size; None: there is none."""
    query = select(CountWindowRow).where(
        CountWindowRow.model == model, CountWindowRow.version == version, CountWindowRow.size == size
    )
    return session.scalar(query.order_by(CountWindowRow.number.desc()).limit(1))


def window_of(session: Session, model: str, version: int, size: int, number: int) -> CountWindowRow | None:
    """Return a window with its profiles; None: there is none, or it is no longer kept."""
    key = (model, version, size, number)
    return session.get(CountWindowRow, key, options=[undefer(CountWindowRow.timings), undefer(CountWindowRow.profile)])


def sizes_in(session: Session, model: str, version: int, span: tuple[datetime, datetime]) -> list[int]:
    """Return the sizes of the windows of a version that have a part of a time, the least first."""
    query = select(CountWindowRow.size).where(*_within(model, version, span)).distinct()
    return sorted(session.scalars(query))


def windows_in(
    session: Session, model: str, version: int, size: int, span: tuple[datetime, datetime]
) -> list[CountWindowRow]:
    """Return the windows of a size that have a part of a time, with their profiles, in their order; the last may not be closed."""
    query = select(CountWindowRow).where(*_within(model, version, span), CountWindowRow.size == size)
    loaded = query.options(undefer(CountWindowRow.timings), undefer(CountWindowRow.profile))
    return list(session.scalars(loaded.order_by(CountWindowRow.number)))


def _within(model: str, version: int, span: tuple[datetime, datetime]) -> list[ColumnElement[bool]]:
    row = CountWindowRow
    return [row.model == model, row.version == version, row.since < span[1], row.until >= span[0]]


def _opened(row: CountWindowRow | None, size: int, write: Callable[[str, bytes], str]) -> CountedWindow:
    if row is None or row.requests >= row.size:
        return CountedWindow(size=size, number=1 if row is None else row.number + 1, requests=0)
    name = f"{row.model}-{row.version}-{size}"
    return CountedWindow(
        size=size, number=row.number, requests=row.requests, rows=row.rows, errors=row.errors, first_ns=row.first_ns,
        last_ns=row.last_ns, timings=write(f"count-timings-{name}", row.timings), profile=write(f"count-{name}", row.profile),
    )  # fmt: skip


def _check(window: CountedWindow, last: CountWindowRow | None) -> None:
    """Raise OtherWindowOpen unless a window goes on where the last one is."""
    number = 1 if last is None else last.number + 1
    began: int | None = None
    if last is not None and last.requests < last.size:
        number, began = last.number, last.requests
    if (window.number, window.began) != (number, began):
        raise OtherWindowOpen


def _before(session: Session, row: CountWindowRow) -> CountWindowRow | None:
    return session.get(CountWindowRow, (row.model, row.version, row.size, row.number - 1))


def _forget_old(session: Session, model: str, version: int, window: CountedWindow) -> None:
    session.execute(
        delete(CountWindowRow).where(
            CountWindowRow.model == model, CountWindowRow.version == version, CountWindowRow.size == window.size,
            CountWindowRow.number < window.number - MOST_KEPT,
        )
    )  # fmt: skip


def _moment(nanoseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)
