"""The service of triggers: set, changed, paused, called, and the loop that looks at what happened."""

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput, NotFound, TooManyRequests, Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.develop.starting.names import check_name
from unshelf.develop.starting.starters import MOST_REFUSALS, Started, Starters
from unshelf.develop.triggers.tables import TriggerRow, TriggerStartRow
from unshelf.develop.triggers.trigger import Trigger, TriggerStart, TriggerState, WaitsFor, check_wait, matches
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import LoggedEvent, Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.notifications.notification import NotificationKind, PersonNow
from unshelf.manage.notifications.service import NotificationService

LOOP = "triggers"
PAUSED = NotificationKind(name="trigger.paused", description="A trigger of yours was paused.")
MOST_AN_HOUR = range(1, 1001)
KEPT_STARTS = 500
_LOOK_SECONDS = 0.5
_RETRY_SECONDS = 5.0
_EVENTS_AT_ONCE = 500
_HOUR = timedelta(hours=1)
_CALL_KEY = re.compile(r"[\x21-\x7e]{1,64}")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TriggerOrder:
    """A trigger to set."""

    name: str
    kind: str
    target: str
    waits_for: WaitsFor
    action: str = ""
    subject: str = ""
    most_an_hour: int = 60


class TriggerService:
    """Keeps the triggers. Each looks at the events that its owner may read, and starts by what its owner may do at that moment."""

    def __init__(
        self, database: Database, events: EventStore, notifications: NotificationService, *, starters: Starters,
        person_now: PersonNow,
    ) -> None:  # fmt: skip
        notifications.register(PAUSED)
        self._database = database
        self._events = events
        self._notifications = notifications
        self._starters = starters
        self._person_now = person_now

    def loop(self) -> PeriodicLoop:
        """Describe the loop that looks at what happened."""
        return PeriodicLoop(name=LOOP, act=self.look, every=_LOOK_SECONDS, retry=_LOOK_SECONDS, after_changes=True)

    def create(self, actor: Actor, order: TriggerOrder) -> Trigger:
        """Set a trigger: it sees what happens from now on. Raises Conflict for a name that the project has already."""
        check_name("trigger", order.name)
        check_wait(order.waits_for, order.action, order.subject)
        if order.most_an_hour not in MOST_AN_HOUR:
            raise InvalidInput(
                f"A trigger starts 1 to {MOST_AN_HOUR[-1]} times an hour at most, got {order.most_an_hour}."
            )
        project, position = self._starters.require(actor, order.kind, order.target), self._events.head()
        with self._database.transaction() as session:
            if session.scalar(
                select(TriggerRow.id).where(TriggerRow.project == project, TriggerRow.name == order.name)
            ):
                raise Conflict(
                    f"The project {project!r} has a trigger {order.name!r} already.", hint="Choose another name."
                )
            row = TriggerRow(
                id=new_id(), name=order.name, project=project, kind=order.kind, target=order.target,
                waits_for=order.waits_for, action=order.action, subject=order.subject, most_an_hour=order.most_an_hour,
                state="active", paused_because="", refusals=0, position=position, created_at=now(),
                created_by=actor.label, actor_id=actor.id, actor_label=actor.label,
            )  # fmt: skip
            session.add(row)
            self._events.record(session, actor, "trigger.set", _subject_of(row), after=_described(row))
            session.flush()
            return _trigger_of(session, row)

    def list_for(
        self,
        actor: Actor,
        *,
        project: str | None = None,
        target: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Trigger]:
        """List the triggers that the actor may see, the newest first."""
        query = select(TriggerRow).where(in_visible_project(TriggerRow.project, actor, Permission.JOBS_READ))
        for column, value in ((TriggerRow.project, project), (TriggerRow.target, target)):
            if value is not None:
                query = query.where(column == value)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(TriggerRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page([_trigger_of(session, row) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, id: str) -> Trigger:
        """Return a trigger. Raises NotFound."""
        with self._database.read() as session:
            return _trigger_of(session, _visible(session, actor, id))

    def starts(self, actor: Actor, id: str, *, limit: int, cursor: str | None = None) -> Page[TriggerStart]:
        """List what a trigger did, the last first."""
        keys = [SortKey(TriggerStartRow.at, descending=True), SortKey(TriggerStartRow.cause, descending=True)]
        with self._database.read() as session:
            row = _visible(session, actor, id)
            query = select(TriggerStartRow).where(TriggerStartRow.trigger == row.id)
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
        return Page(page.map(_start_of), page.next_cursor)

    def set_state(self, actor: Actor, id: str, state: TriggerState) -> Trigger:
        """Pause a trigger, or have it go on with what happens from now on; from then on it starts by the rights of who said so."""
        head = self._events.head()
        with self._database.transaction() as session:
            row = _visible(session, actor, id)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            if row.state != state:
                before = _described(row)
                if state == "active":
                    row.position, row.refusals, row.paused_because = head, 0, ""
                row.state, row.actor_id, row.actor_label = state, actor.id, actor.label
                self._events.record(
                    session, actor, "trigger.changed", _subject_of(row), before=before, after=_described(row)
                )
            return _trigger_of(session, row)

    def delete(self, actor: Actor, id: str) -> None:
        """Delete a trigger. What it started goes on."""
        with self._database.transaction() as session:
            row = _visible(session, actor, id)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            session.execute(delete(TriggerStartRow).where(TriggerStartRow.trigger == row.id))
            session.delete(row)
            self._events.record(session, actor, "trigger.deleted", _subject_of(row), before=_described(row))

    def call(self, actor: Actor, id: str, *, key: str | None, body: Mapping[str, Any]) -> TriggerStart:
        """Have a trigger that waits for calls start its target, with what the caller says as the parameter `call`.

        The same key again starts nothing, and returns the same. Raises Conflict for one that is paused or waits for events, and
        TooManyRequests beyond its bound."""
        cause = key or new_id()
        if _CALL_KEY.fullmatch(cause) is None:
            raise InvalidInput("The key of a call is 1 to 64 printable characters without blanks.")
        with self._database.read() as session:
            row = _visible(session, actor, id)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            known = session.get(TriggerStartRow, (row.id, cause))
            if known is not None:
                return _start_of(known)
            if row.waits_for != "call" or row.state != "active":
                why = "is paused" if row.state != "active" else f"waits for {row.action}"
                raise Conflict(f"The trigger {row.name!r} {why}.", hint="`unshelf triggers show` tells more.")
            if _started_lately(session, row) >= row.most_an_hour:
                raise TooManyRequests(
                    f"The trigger {row.name!r} starts {row.most_an_hour} times an hour at most.",
                    hint="Call later.",
                    retry_after=60,
                )
        started = self._start(row, cause, {"call": dict(body)})
        return self._note(row.id, cause, f"{actor.label} called it.", started)

    def look(self) -> float | None:
        """Look at what happened since, for each trigger that waits for events; each event starts something once. Returns the seconds
        until there is more to do, None: all is done."""
        with self._database.read() as session:
            waiting = select(TriggerRow).where(TriggerRow.state == "active", TriggerRow.waits_for == "event")
            rows = list(session.scalars(waiting.order_by(TriggerRow.id)))
        head = self._events.head() if rows else 0
        pause = None
        for row in rows:
            if row.position >= head:
                continue
            try:
                if self._look_for(row):
                    pause = 0.0
            except Unavailable as error:  # nobody said no: it is tried again
                pause = _RETRY_SECONDS if pause is None else pause
                logger.warning("the trigger %s can't start anything at the moment: %s", row.id, error)
        return pause

    def _look_for(self, row: TriggerRow) -> bool:
        """Look at the next events for one trigger; returns whether there are more."""
        reader = self._person_now(row.actor_id)
        if reader is None:
            self._pause(row.id, f"{row.actor_label!r} may do nothing here any more.")
            return False
        events, reached = self._events.following(row.position, reader=reader, limit=_EVENTS_AT_ONCE)
        for event in events:
            if event.action != row.action or not matches(row.subject, event.subject.name):
                continue
            with self._database.read() as session:
                is_known = session.get(TriggerStartRow, (row.id, event.id)) is not None
                too_often = _started_lately(session, row) >= row.most_an_hour
            if is_known:
                continue
            if too_often:
                self._pause(row.id, f"It started {row.most_an_hour} times within an hour.")
                return False
            self._note(row.id, event.id, _because(event), self._start(row, event.id, {"event": _facts_of(event)}))
        with self._database.transaction() as session:
            current = session.get(TriggerRow, row.id)
            if current is not None:
                current.position = max(current.position, reached)
        return len(events) == _EVENTS_AT_ONCE

    def _start(self, row: TriggerRow, cause: str, parameters: Mapping[str, Any]) -> Started:
        return self._starters.start(
            row.kind, row.target, actor_id=row.actor_id, actor_label=row.actor_label, key=f"trigger/{row.id}/{_short(cause)}",
            parameters=parameters,
        )  # fmt: skip

    def _note(self, id: str, cause: str, because: str, started: Started) -> TriggerStart:
        start = TriggerStart(cause=cause, at=now(), because=because, started=started.name, error=started.error)
        with self._database.transaction() as session:
            row = session.get(TriggerRow, id)
            if row is None:
                return start
            session.merge(
                TriggerStartRow(
                    trigger=id, cause=cause, at=start.at, because=because, started=start.started, error=start.error
                )
            )
            row.refusals = 0 if start.started is not None else row.refusals + 1
            is_refused = row.refusals >= MOST_REFUSALS
            _forget_old(session, id)
        if is_refused:
            self._pause(id, start.error)
        return start

    def pause_all(self, session: Session, user_id: str, why: str) -> None:
        """Pause what somebody set who leaves, in the transaction of their end: nothing starts with rights that nobody has."""
        mine = select(TriggerRow).where(TriggerRow.actor_id == user_id, TriggerRow.state == "active")
        for row in session.scalars(mine):
            row.state, row.paused_because = "paused", why
            self._events.record(session, SYSTEM, "trigger.paused", _subject_of(row), after={"because": why})

    def _pause(self, id: str, why: str) -> None:
        with self._database.transaction() as session:
            row = session.get(TriggerRow, id)
            if row is None or row.state == "paused":
                return
            row.state, row.paused_because = "paused", why
            self._notifications.notify(
                session, [row.actor_id], _subject_of(row), kind=PAUSED.name, title=f"The trigger {row.name!r} was paused",
                body=why, link=f"/triggers/{row.id}",
            )  # fmt: skip


def _short(cause: str) -> str:
    return hashlib.sha256(cause.encode()).hexdigest()[:26]


def _started_lately(session: Session, row: TriggerRow) -> int:
    lately = select(func.count()).select_from(TriggerStartRow)
    return session.scalar(lately.where(TriggerStartRow.trigger == row.id, TriggerStartRow.at > now() - _HOUR)) or 0


def _visible(session: Session, actor: Actor, id: str) -> TriggerRow:
    row = session.get(TriggerRow, id)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(
            f"There is no trigger {id[:80]!a}, or you may not see it.", hint="`unshelf triggers list` shows their ids."
        )
    return row


def _forget_old(session: Session, trigger: str) -> None:
    of_it = select(TriggerStartRow.at).where(TriggerStartRow.trigger == trigger).order_by(TriggerStartRow.at.desc())
    oldest = session.scalar(of_it.offset(KEPT_STARTS + MOST_AN_HOUR[-1]).limit(1))
    if oldest is not None:
        session.execute(delete(TriggerStartRow).where(TriggerStartRow.trigger == trigger, TriggerStartRow.at <= oldest))


def _facts_of(event: LoggedEvent) -> dict[str, Any]:
    return {
        "id": event.id, "action": event.action, "time": event.time.isoformat(), "subject_kind": event.subject.kind,
        "subject": event.subject.name, "model": event.subject.model, "project": event.subject.project,
        "after": event.after,
    }  # fmt: skip


def _because(event: LoggedEvent) -> str:
    return f"{event.action}: {event.subject.kind} {event.subject.name}"


def _described(row: TriggerRow) -> dict[str, Any]:
    return {
        "name": row.name, "kind": row.kind, "target": row.target, "waits_for": row.waits_for, "action": row.action,
        "subject": row.subject, "state": row.state, "runs_as": row.actor_label,
    }  # fmt: skip


def _subject_of(row: TriggerRow) -> Subject:
    return Subject(kind="trigger", name=row.id, project=row.project)


def _start_of(row: TriggerStartRow) -> TriggerStart:
    return TriggerStart(cause=row.cause, at=row.at, because=row.because, started=row.started, error=row.error)


def _trigger_of(session: Session, row: TriggerRow) -> Trigger:
    of_it = select(TriggerStartRow).where(TriggerStartRow.trigger == row.id)
    last = session.scalar(of_it.order_by(TriggerStartRow.at.desc()).limit(1))
    return Trigger(
        id=row.id, name=row.name, project=row.project, kind=row.kind, target=row.target,
        waits_for=cast(WaitsFor, row.waits_for), action=row.action, subject=row.subject, most_an_hour=row.most_an_hour,
        state=cast(TriggerState, row.state), paused_because=row.paused_because,
        last=None if last is None else _start_of(last), created_at=row.created_at, created_by=row.created_by,
        runs_as=row.actor_label,
    )  # fmt: skip
