"""Windows in the database: stored with what they were counted from, in one transaction, and read."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, undefer

from unshelf.foundation.clock import now
from unshelf.monitor.windows.by_count.storing import OtherWindowOpen, store_windows
from unshelf.monitor.windows.by_slice.storing import OtherReference, store_slices
from unshelf.monitor.windows.messages import DayCounted, StoredWindow
from unshelf.monitor.windows.tables import CountedDayRow, RecordWindowRow, WindowReferenceRow
from unshelf.monitor.windows.window import TimeQuantiles, WindowFacts


class ChangedMeanwhile(Exception):
    """Others stored windows of the same day since they were read."""


def store_day(session: Session, done: DayCounted, *, revision: int | None, read: Callable[[str], bytes]) -> None:
    """Store the windows of a day, and what they were counted from, in the caller's transaction.

    `revision`: that of the day when its windows were read; None: it had none. `read` returns a file of the answer. Raises
    ChangedMeanwhile, and then nothing of it may be committed."""
    day = session.get(CountedDayRow, (done.model, done.version, done.day), with_for_update=True)
    if (None if day is None else day.revision) != revision:
        raise ChangedMeanwhile
    if day is None:
        day = CountedDayRow(model=done.model, version=done.version, day=done.day, revision=0)
        session.add(day)
    day.files, day.segments, day.revision = done.files, done.segments, day.revision + 1
    moment = now()
    for window in done.windows:
        session.merge(
            RecordWindowRow(
                model=done.model, version=done.version, hours=window.hours, start=datetime.fromtimestamp(window.start, UTC),
                requests=window.requests, rows=window.rows, errors=window.errors, latency=window.latency, queue=window.queue,
                columns=window.columns, timings=read(window.timings), profile=read(window.profile), counted_at=moment,
            )
        )  # fmt: skip
    try:
        store_windows(session, done.model, done.version, done.of_predictions, read)
        store_slices(session, done.model, done.version, done.slices, read)
    except (OtherWindowOpen, OtherReference):
        raise ChangedMeanwhile from None
    if done.kinds:
        _store_reference(session, done, read, moment)


def stored_windows(session: Session, model: str, version: int, day: str) -> list[RecordWindowRow]:
    """Return all windows of a day, with their profiles."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    end = datetime.fromtimestamp(start.timestamp() + 86_400, UTC)
    query = select(RecordWindowRow).where(
        RecordWindowRow.model == model, RecordWindowRow.version == version, RecordWindowRow.start >= start,
        RecordWindowRow.start < end,
    )  # fmt: skip
    return list(session.scalars(query.options(*_whole())))


def windows_between(
    session: Session, model: str, version: int | None, span: tuple[datetime, datetime], hours: int, *, also: Iterable[Any] = (),
) -> list[RecordWindowRow]:  # fmt: skip
    """Return the windows of hours, or with `hours` 24 of days, that start within a span, oldest first.

    `also`: deferred columns that are wanted."""
    since, until = span
    conditions: list[ColumnElement[bool]] = [
        RecordWindowRow.model == model, RecordWindowRow.start >= since, RecordWindowRow.start < until,
        RecordWindowRow.hours == hours,
    ]  # fmt: skip
    if version is not None:
        conditions.append(RecordWindowRow.version == version)
    query = select(RecordWindowRow).where(*conditions).order_by(RecordWindowRow.start, RecordWindowRow.version)
    return list(session.scalars(query.options(*map(undefer, also))))


def as_message(row: RecordWindowRow, *, timings: str, profile: str) -> StoredWindow:
    """Return a window as the process that counts takes it, its profiles in these files."""
    return StoredWindow(
        hours=row.hours, start=round(row.start.timestamp()), requests=row.requests, rows=row.rows, errors=row.errors,
        timings=timings, profile=profile,
    )  # fmt: skip


def facts_of(row: RecordWindowRow) -> WindowFacts:
    """Return the traffic of one window."""
    return WindowFacts(
        requests=row.requests, rows=row.rows, errors=dict(row.errors), latency=latency_from(row.latency),
        queue=latency_from(row.queue),
    )  # fmt: skip


def latency_from(stored: dict[str, Any] | None) -> TimeQuantiles | None:
    """Return a stored latency; None: there is none."""
    return None if stored is None else TimeQuantiles(**stored)


def _whole() -> list[Any]:
    return [undefer(RecordWindowRow.timings), undefer(RecordWindowRow.profile)]


def _store_reference(session: Session, done: DayCounted, read: Callable[[str], bytes], moment: datetime) -> None:
    row = session.get(WindowReferenceRow, (done.model, done.version))
    if row is None:
        row = WindowReferenceRow(
            model=done.model, version=done.version, kinds=done.kinds, requests=0, first=None, made_at=moment
        )
        session.add(row)
    if row.first is None:  # the first requests are those for good
        row.requests = max(row.requests, done.first_requests)
        if done.first:
            row.first, row.made_at = read(done.first), moment
