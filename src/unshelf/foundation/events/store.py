"""The event log's service: events are added with the change that they tell of, and read."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select, true
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible_places
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import HEAD
from unshelf.foundation.events.event import LoggedEvent, Subject, event_of
from unshelf.foundation.events.filters import EventFilter
from unshelf.foundation.events.masking import masked
from unshelf.foundation.events.tables import EventChainRow, EventRow
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page

_MOST_LABEL = 200
_EVENTS_A_STEP = 1000
ALL = EventFilter()
"""The filter that takes every event."""
_READ_WITH = {
    "secret": Permission.SECRETS_READ,
    "request": Permission.MEMBERS_MANAGE,
    "alert": Permission.ALERTS_READ,
    "dataset": Permission.DATA_READ,
    "connection": Permission.DATA_READ,
    "binding": Permission.DATA_READ,
}
"""Kinds of subject that seeing their model or project does not show, with the permission that does."""
OnRecord = Callable[[Session, Actor, str, Subject], None]
"""Called with the session of the change, who made it, the action and the subject."""


class EventStore:
    """Adds events and reads them. Nothing changes or removes what was logged."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._on_record: list[OnRecord] = []

    def on_record(self, act: OnRecord) -> None:
        """Have something done with each event, in the transaction of the change that it tells of. `act` adds no events."""
        self._on_record.append(act)

    def record(
        self,
        session: Session,
        actor: Actor,
        action: str,
        subject: Subject,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Add an event in the transaction of the change, so that there is never the one without the other.

        `action` is a noun and a verb (`key.created`); `before` and `after` hold the plain JSON values that changed and never
        a secret. `close_chain` gives the event its place in the chain."""
        session.add(
            EventRow(
                id=new_id(), time=now(), actor_id=actor.id[:_MOST_LABEL], actor_kind=actor.kind,
                actor_label=actor.label[:_MOST_LABEL], action=action, subject_kind=subject.kind,
                subject=subject.name[:_MOST_LABEL], project=subject.project, model=subject.model, before=before,
                after=after, reason=reason,
            )
        )  # fmt: skip
        for act in self._on_record:
            act(session, actor, action, subject)

    def newest(self, wanted: EventFilter = ALL, *, limit: int, cursor: str | None = None) -> Page[LoggedEvent]:
        """List events, newest first, also those that are not chained yet."""
        keys = [SortKey(EventRow.id, descending=True)]
        with self._database.read() as session:
            query = select(EventRow).where(*wanted.conditions(session))
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
        return Page(page.map(event_of), page.next_cursor)

    def in_order(
        self, wanted: EventFilter = ALL, *, after: int = 0, with_pending: bool = False
    ) -> Iterator[list[LoggedEvent]]:
        """Yield the chained events after a sequence in the order of the chain, in steps, as far as there are any by now.

        `with_pending`: then those that have no place yet, in the order of their ids."""
        with self._database.read() as session:
            last, head, conditions = after, _head(session), list(wanted.conditions(session))
        while True:
            place = and_(EventRow.sequence > last, EventRow.sequence <= head)
            query = select(EventRow).where(place, *conditions).order_by(EventRow.sequence).limit(_EVENTS_A_STEP)
            with self._database.read() as session:
                step = [event_of(row) for row in session.scalars(query)]
            if step:
                yield step
            if len(step) < _EVENTS_A_STEP:
                break
            last = step[-1].sequence or head
        if with_pending:
            later = or_(EventRow.sequence.is_(None), EventRow.sequence > head)
            with self._database.read() as session:
                rest = session.scalars(select(EventRow).where(later, *conditions).order_by(EventRow.id))
                yield [event_of(row) for row in rest]

    def head(self) -> int:
        """The sequence of the last event in the chain; 0: there is none."""
        with self._database.read() as session:
            return _head(session)

    def following(
        self, sequence: int, *, reader: Actor | None = None, limit: int = 500
    ) -> tuple[list[LoggedEvent], int]:
        """The events after `sequence`, in the order of the chain, and the sequence up to which this is all there is.

        `reader`: only those that this actor may read, without the names of what they may not see."""
        query = select(EventRow).where(EventRow.sequence > sequence).order_by(EventRow.sequence).limit(limit)
        if reader is not None:
            query = query.where(readable(reader))
        with self._database.read() as session:
            head = _head(session)
            events = [event_of(row) for row in session.scalars(query.where(EventRow.sequence <= head))]
            if reader is not None:
                events = [masked(session, reader, event) for event in events]
        return events, (events[-1].sequence or head) if len(events) == limit else max(head, sequence)


def readable(actor: Actor) -> ColumnElement[bool]:
    """Whether an actor may read an event: one of a model or project that they may see; the installation's with a permission.

    What only some may see of a model or project, such as its secrets, has events that these alone may read."""
    if actor.may(Permission.AUDIT_READ):
        return true()
    is_of_roles = EventRow.action.startswith("role.")
    conditions = [
        and_(
            EventRow.subject_kind.not_in(sorted(_READ_WITH)),
            not_(is_of_roles),
            _in_place(actor, Permission.MODEL_READ, Permission.PROJECT_READ),
        ),
        and_(is_of_roles, _in_place(actor, Permission.MODEL_INSPECT, Permission.PROJECT_READ)),
    ]
    for permission in sorted(set(_READ_WITH.values())):
        if actor.may_somewhere(permission):
            kinds = sorted(kind for kind, needed in _READ_WITH.items() if needed == permission)
            conditions.append(and_(EventRow.subject_kind.in_(kinds), _in_place(actor, permission, permission)))
    return or_(*conditions)


def _in_place(actor: Actor, of_models: Permission, of_projects: Permission) -> ColumnElement[bool]:
    return visible_places(EventRow.model, EventRow.project, actor, of_models, of_projects)


def _head(session: Session) -> int:
    return session.scalar(select(EventChainRow.sequence).where(EventChainRow.id == HEAD)) or 0
