"""Filters of events: by actor, action, subject, project, model and time, each with an index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from unshelf.foundation.events.tables import EventRow
from unshelf.foundation.ids import first_id_of

_SLACK = timedelta(hours=1)
"""The farthest that an event's id, which sorts by time, and its time may lie apart: clocks are set while processes run."""

_FEW = 5_000
"""How many events are looked at one by one."""
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
        few, indexed = _planned(session, named)
        if few is not None:
            yield EventRow.id.in_(few)
        for column, value in named.items():
            yield (column if column in indexed else func.coalesce(column, "")) == value
        # The ids bound the part of each index that is read; the times decide.
        if self.since is not None:
            yield EventRow.time >= self.since
            yield EventRow.id >= first_id_of(self.since, -_SLACK)
        if self.until is not None:
            yield EventRow.time < self.until
            yield EventRow.id < first_id_of(self.until, _SLACK)


def _planned(session: Session, named: Mapping[_Column, str]) -> tuple[Sequence[str] | None, set[_Column]]:
    """Return the ids to choose from, where an index names few events, and else the columns by whose index they are read.

    No database knows how many events have two values at once: PostgreSQL reads all events from the newest on to find what an actor did ten
    times, and SQLite knows nothing of how many have one value. So the index with the fewest is looked for here."""
    columns = list(named)
    if len(columns) < 2:
        return None, set(columns)
    of_actors = [each for each in columns if each in (EventRow.actor_id, EventRow.actor_label, EventRow.action)]
    choices = [[each] for each in columns] + ([of_actors] if len(of_actors) == 2 else [])
    found = [
        session.scalars(
            select(EventRow.id).where(*(column == named[column] for column in choice)).limit(_FEW + 1)
        ).all()
        for choice in choices
    ]
    fewest = min(reversed(range(len(choices))), key=lambda number: len(found[number]))
    if len(found[fewest]) <= _FEW:
        return found[fewest], set()
    return None, set(choices[fewest]) if session.get_bind().dialect.name == "sqlite" else set(columns)
