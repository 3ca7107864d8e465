"""Filters of events: by actor, action, subject, project, model and time, each with an index."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from unshelf.foundation.events.tables import EventRow
from unshelf.foundation.ids import first_id_of

_SLACK = timedelta(hours=1)
"""The farthest that an event's id, which sorts by time, and its time may lie apart: clocks are set while processes run."""

_COUNTED = 10_000
"""How many events of a value are counted: those of the index that is read are looked at one by one."""
_Column = InstrumentedAttribute[Any]


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
        wanted: dict[_Column, str | None] = {EventRow.subject: self.subject}
        if self.actor is not None:
            by_id = session.scalar(select(EventRow.id).where(EventRow.actor_id == self.actor).limit(1)) is not None
            wanted[EventRow.actor_id if by_id else EventRow.actor_label] = self.actor
        wanted |= {
            EventRow.model: self.model, EventRow.project: self.project, EventRow.action: self.action,
            EventRow.subject_kind: self.subject_kind,
        }  # fmt: skip
        named = {column: value for column, value in wanted.items() if value is not None}
        indexed = _indexed(session, named)
        for column, value in named.items():
            yield (column if column in indexed else func.coalesce(column, "")) == value
        # The ids bound the part of each index that is read; the times decide.
        if self.since is not None:
            yield EventRow.time >= self.since
            yield EventRow.id >= first_id_of(self.since, -_SLACK)
        if self.until is not None:
            yield EventRow.time < self.until
            yield EventRow.id < first_id_of(self.until, _SLACK)


def _indexed(session: Session, named: Mapping[_Column, str]) -> set[_Column]:
    """Return the columns by whose index the events are read: all, where the database knows how many events a value has.

    SQLite does not. It is given the index with the fewest events, which may be that of an actor's actions."""
    columns = list(named)
    if len(columns) < 2 or session.get_bind().dialect.name != "sqlite":
        return set(columns)
    of_actors = [each for each in columns if each in (EventRow.actor_id, EventRow.actor_label, EventRow.action)]
    choices = [[each] for each in columns] + ([of_actors] if len(of_actors) == 2 else [])

    def events_of(choice: Iterable[_Column]) -> int:
        some = select(EventRow.id).where(*(column == named[column] for column in choice)).limit(_COUNTED)
        return session.scalar(select(func.count()).select_from(some.subquery())) or 0

    return set(min(reversed(choices), key=events_of))
