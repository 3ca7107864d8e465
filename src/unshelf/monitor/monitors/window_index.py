"""Index of counted windows: which hours of which versions have records, how many, and what has changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.monitor.monitors.monitor import CountSpan, Span, WindowLength, window_at
from unshelf.monitor.windows.tables import CountWindowRow, RecordWindowRow

_HOUR = 1


@dataclass(frozen=True, kw_only=True)
class ChangedHour:
    """An hour of a version's records that was counted."""

    model: str
    version: int
    """0: no version was chosen."""
    start: datetime
    counted_at: datetime


@dataclass(frozen=True, kw_only=True)
class ClosedWindow:
    """A window of predictions that has all of them."""

    model: str
    version: int
    span: CountSpan
    counted_at: datetime


class WindowIndex:
    """Knows counted hours, without reading their profiles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def changed_since(self, moment: datetime, *, begin: datetime) -> list[ChangedHour]:
        """Return the hours from `begin` on that were counted at a moment or later, the first counted first."""
        query = _hours(
            RecordWindowRow.model, RecordWindowRow.version, RecordWindowRow.start, RecordWindowRow.counted_at
        )
        query = query.where(RecordWindowRow.counted_at >= moment, RecordWindowRow.start >= begin)
        query = query.order_by(RecordWindowRow.counted_at)
        with self._database.read() as session:
            return [
                ChangedHour(model=model, version=version, start=start, counted_at=counted_at)
                for model, version, start, counted_at in session.execute(query)
            ]

    def versions(self, session: Session, model: str, window: Span) -> list[int]:
        """Return the versions with records in a window, lowest first."""
        query = _hours(RecordWindowRow.version).where(
            RecordWindowRow.model == model, RecordWindowRow.version > 0, RecordWindowRow.start >= window.since,
            RecordWindowRow.start < window.until,
        )  # fmt: skip
        return list(session.scalars(query.distinct().order_by(RecordWindowRow.version)))

    def requests(
        self, session: Session, model: str, version: int | None, span: Span, length: WindowLength
    ) -> dict[datetime, int]:
        """Return the requests of the windows within a span that have any, by their beginnings. `version` None: of all."""
        query = _hours(RecordWindowRow.start, func.sum(RecordWindowRow.requests)).where(
            RecordWindowRow.model == model, RecordWindowRow.start >= span.since, RecordWindowRow.start < span.until
        )
        if version is not None:
            query = query.where(RecordWindowRow.version == version)
        found: dict[datetime, int] = {}
        for start, requests in session.execute(query.group_by(RecordWindowRow.start)):
            since = window_at(start, length).since
            found[since] = found.get(since, 0) + int(requests)
        return found

    def counted(self, session: Session, model: str, span: Span) -> dict[datetime, datetime]:
        """Return when each hour of a span that has records was counted last, of any version."""
        query = _hours(RecordWindowRow.start, func.max(RecordWindowRow.counted_at)).where(
            RecordWindowRow.model == model, RecordWindowRow.start >= span.since, RecordWindowRow.start < span.until
        )
        return {start: counted_at for start, counted_at in session.execute(query.group_by(RecordWindowRow.start))}  # noqa: C416 - rows are no pairs to mypy

    def closed_since(self, session: Session, moment: datetime) -> list[ClosedWindow]:
        """Return the windows of predictions that were closed at a moment or later, in the order of their numbers."""
        query = select(CountWindowRow).where(
            CountWindowRow.counted_at >= moment, CountWindowRow.requests >= CountWindowRow.size
        )
        return [_closed(row) for row in session.scalars(query.order_by(CountWindowRow.number))]

    def closed(self, session: Session, model: str, size: int) -> list[ClosedWindow]:
        """Return the closed windows of a size of a model that are kept, in the order of their numbers."""
        query = select(CountWindowRow).where(
            CountWindowRow.model == model, CountWindowRow.size == size, CountWindowRow.requests >= CountWindowRow.size
        )
        return [_closed(row) for row in session.scalars(query.order_by(CountWindowRow.number))]

    def first(self, session: Session, model: str) -> datetime | None:
        """Return the first hour of a model that has records; None: there is none."""
        first: datetime | None = session.scalar(
            _hours(func.min(RecordWindowRow.start)).where(RecordWindowRow.model == model)
        )
        return first

    def asked_since(self, session: Session, moment: datetime) -> list[str]:
        """Return the models with records since a moment, by name."""
        query = _hours(RecordWindowRow.model).where(RecordWindowRow.start >= moment)
        return list(session.scalars(query.distinct().order_by(RecordWindowRow.model)))


def _closed(row: CountWindowRow) -> ClosedWindow:
    span = CountSpan(row.since, row.until, row.size, row.number)
    return ClosedWindow(model=row.model, version=row.version, span=span, counted_at=row.counted_at)


def _hours(*columns: Any) -> Select[Any]:
    return select(*columns).where(RecordWindowRow.hours == _HOUR)
