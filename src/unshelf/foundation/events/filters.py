"""Filters of events: by actor, action, subject, project, model and time, each with an index."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from unshelf.foundation.events.tables import EventRow
from unshelf.foundation.ids import first_id_of

_SLACK = timedelta(hours=1)
"""The farthest that an event's id, which sorts by time, and its time may lie apart: clocks are set while processes run."""


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events are wanted; None: any."""

    actor: str | None = None
    """The actor's id, or its name for people."""
    action: str | None = None
    subject: str | None = None
    """The subject's reference or id."""
    subject_kind: str | None = None
    project: str | None = None
    model: str | None = None
    since: datetime | None = None
    """The earliest moment."""
    until: datetime | None = None
    """The moment before which they happened."""

    def conditions(self, session: Session) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions on EventRow."""
        wanted: dict[InstrumentedAttribute[Any], str | None] = {EventRow.subject: self.subject}
        if self.actor is not None:
            by_id = session.scalar(select(EventRow.id).where(EventRow.actor_id == self.actor).limit(1)) is not None
            wanted[EventRow.actor_id if by_id else EventRow.actor_label] = self.actor
        wanted |= {
            EventRow.model: self.model, EventRow.project: self.project, EventRow.action: self.action,
            EventRow.subject_kind: self.subject_kind,
        }  # fmt: skip
        named = [(column, value) for column, value in wanted.items() if value is not None]
        # SQLite knows nothing of how many events a value has. It takes the index of the first, which has the fewest as a rule.
        knows_best = session.get_bind().dialect.name != "sqlite"
        for number, (column, value) in enumerate(named):
            yield (column if number == 0 or knows_best else func.coalesce(column, "")) == value
        # The ids bound the part of each index that is read; the times decide.
        if self.since is not None:
            yield EventRow.time >= self.since
            yield EventRow.id >= first_id_of(self.since, -_SLACK)
        if self.until is not None:
            yield EventRow.time < self.until
            yield EventRow.id < first_id_of(self.until, _SLACK)
