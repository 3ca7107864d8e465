"""The service of schedules: set, changed, paused, and the loop that starts what is due."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput, NotFound, Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.develop.schedules.catching_up import CatchUp, due
from unshelf.develop.schedules.schedule import Schedule, ScheduleStart, ScheduleState
from unshelf.develop.schedules.tables import ScheduleRow, ScheduleStartRow
from unshelf.develop.schedules.timetable import Timetable, timetable_of
from unshelf.develop.starting.names import check_name
from unshelf.develop.starting.starters import MOST_REFUSALS, Starters
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.manage.notifications.service import NotificationService

LOOP = "schedules"
PAUSED = NotificationKind(
    name="schedule.paused", description="A schedule of yours was paused, since it can start nothing any more."
)
KEPT_STARTS = 500
"""How many past starts of a schedule are kept."""
_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 5.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ScheduleChange:
    """Changes of a schedule; None leaves a field as it is."""

    cron: str | None = None
    time_zone: str | None = None
    catch_up: CatchUp | None = None
    target: str | None = None
    state: ScheduleState | None = None


class ScheduleService:
    """Keeps the schedules. Each start needs what its owner may do at that moment."""

    def __init__(
        self, database: Database, events: EventStore, notifications: NotificationService, starters: Starters
    ) -> None:
        notifications.register(PAUSED)
        self._database = database
        self._events = events
        self._notifications = notifications
        self._starters = starters

    def loop(self) -> PeriodicLoop:
        """Describe the loop that starts what is due."""
        return PeriodicLoop(
            name=LOOP, act=self.start_due, every=_LOOK_SECONDS, retry=_RETRY_SECONDS, after_changes=True
        )

    def create(
        self, actor: Actor, *, name: str, kind: str, target: str, cron: str, time_zone: str, catch_up: CatchUp
    ) -> Schedule:
        """Set a schedule that starts something again. Raises Conflict for a name that the project has already."""
        check_name("schedule", name)
        timetable, moment = timetable_of(cron, time_zone), now()
        project = self._starters.require(actor, kind, target)
        with self._database.transaction() as session:
            if session.scalar(select(ScheduleRow.id).where(ScheduleRow.project == project, ScheduleRow.name == name)):
                raise Conflict(
                    f"The project {project!r} has a schedule {name!r} already.",
                    hint="Choose another name, or change that one.",
                )
            row = ScheduleRow(
                id=new_id(), name=name, project=project, kind=kind, target=target, cron=timetable.cron, time_zone=time_zone,
                catch_up=catch_up, state="active", paused_because="", refusals=0, next_at=timetable.after(moment),
                created_at=moment, created_by=actor.label, actor_id=actor.id, actor_label=actor.label,
            )  # fmt: skip
            session.add(row)
            self._log(session, actor, "schedule.set", row, after=_described(row))
            session.flush()
            return _schedule_of(session, row)

    def list_for(
        self,
        actor: Actor,
        *,
        project: str | None = None,
        target: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Schedule]:
        """List the schedules that the actor may see, the newest first."""
        query = select(ScheduleRow).where(in_visible_project(ScheduleRow.project, actor, Permission.JOBS_READ))
        if project is not None:
            query = query.where(ScheduleRow.project == project)
        if target is not None:
            query = query.where(ScheduleRow.target == target)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(ScheduleRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page([_schedule_of(session, row) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, id: str) -> Schedule:
        """Return a schedule. Raises NotFound."""
        with self._database.read() as session:
            return _schedule_of(session, _visible(session, actor, id))

    def starts(self, actor: Actor, id: str, *, limit: int, cursor: str | None = None) -> Page[ScheduleStart]:
        """List what a schedule did, the last first."""
        keys = [SortKey(ScheduleStartRow.due_at, descending=True)]
        with self._database.read() as session:
            row = _visible(session, actor, id)
            query = select(ScheduleStartRow).where(ScheduleStartRow.schedule == row.id)
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
        return Page(page.map(_start_of), page.next_cursor)

    def change(self, actor: Actor, id: str, change: ScheduleChange) -> Schedule:
        """Change a schedule; from then on its starts need the rights of who changed it. Moments that passed while it was paused are
        not made up for."""
        kind, target = self._target_of(actor, id)
        project = self._starters.require(actor, kind, change.target or target)
        with self._database.transaction() as session:
            row = _visible(session, actor, id)
            if row.project != project:
                raise InvalidInput(
                    f"{change.target!r} belongs to another project, {project!r}.", hint="Set a schedule there."
                )
            before = _described(row)
            timetable = timetable_of(change.cron or row.cron, change.time_zone or row.time_zone)
            moves = (timetable.cron, timetable.time_zone) != (row.cron, row.time_zone)
            resumes = change.state == "active" and row.state == "paused"
            row.cron, row.time_zone = timetable.cron, timetable.time_zone
            row.catch_up, row.target = change.catch_up or row.catch_up, change.target or row.target
            row.state = change.state or row.state
            row.actor_id, row.actor_label = actor.id, actor.label
            if moves or resumes:
                row.next_at = timetable.after(now())
            if change.state is not None:
                row.paused_because, row.refusals = "", 0
            if _described(row) != before:
                self._log(session, actor, "schedule.changed", row, before=before, after=_described(row))
            return _schedule_of(session, row)

    def delete(self, actor: Actor, id: str) -> None:
        """Delete a schedule. What it started goes on."""
        with self._database.transaction() as session:
            row = _visible(session, actor, id)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            session.execute(delete(ScheduleStartRow).where(ScheduleStartRow.schedule == row.id))
            session.delete(row)
            self._log(session, actor, "schedule.deleted", row, before=_described(row))

    def start_due(self) -> float | None:
        """Start what is due; return the seconds until something is due next, None: nothing ever is.

        Each start has a key made of the schedule and the moment, by which a repeated one starts nothing: whatever is cut off in
        between is done again by the next look."""
        moment = now()
        with self._database.read() as session:
            waiting = select(ScheduleRow).where(ScheduleRow.state == "active", ScheduleRow.next_at <= moment)
            rows = list(session.scalars(waiting.order_by(ScheduleRow.next_at)))
        is_away = False
        for row in rows:
            try:
                self._start_all(row, moment)
            except Unavailable as error:  # nobody said no: it is tried again, and the others are not kept waiting
                is_away = True
                logger.warning("the schedule %s can't start anything at the moment: %s", row.id, error)
        if is_away:
            return _RETRY_SECONDS
        following = select(ScheduleRow.next_at).where(ScheduleRow.state == "active", ScheduleRow.next_at.is_not(None))
        with self._database.read() as session:
            next_at = session.scalar(following.order_by(ScheduleRow.next_at).limit(1))
        if next_at is None:
            return None
        return max(0.0, (next_at - now()).total_seconds())

    def _start_all(self, row: ScheduleRow, moment: datetime) -> None:
        timetable = Timetable(cron=row.cron, time_zone=row.time_zone)
        moments, next_at = due(timetable, row.next_at or moment, moment, cast(CatchUp, row.catch_up))
        starts = [self._start(row, each) for each in moments]
        with self._database.transaction() as session:
            current = session.get(ScheduleRow, row.id)
            if current is None:
                return
            for start in starts:
                session.merge(
                    ScheduleStartRow(
                        schedule=row.id, due_at=start.due_at, at=start.at, started=start.started, error=start.error
                    )
                )
            if current.next_at == row.next_at and (current.cron, current.time_zone) == (row.cron, row.time_zone):
                current.next_at = next_at
            self._note_refusals(session, current, starts)
            _forget_old(session, row.id)

    def _start(self, row: ScheduleRow, due_at: datetime) -> ScheduleStart:
        started = self._starters.start(
            row.kind, row.target, actor_id=row.actor_id, actor_label=row.actor_label,
            key=f"schedule/{row.id}/{int(due_at.timestamp())}",
        )  # fmt: skip
        return ScheduleStart(due_at=due_at, at=now(), started=started.name, error=started.error)

    def _note_refusals(self, session: Session, row: ScheduleRow, starts: list[ScheduleStart]) -> None:
        for start in starts:
            row.refusals = 0 if start.started is not None else row.refusals + 1
        if row.refusals < MOST_REFUSALS or row.state == "paused":
            return
        row.state, row.paused_because = "paused", starts[-1].error
        subject = _subject_of(row)
        self._notifications.notify(
            session, [row.actor_id], subject, kind=PAUSED.name, title=f"The schedule {row.name!r} was paused",
            body=f"Its last {row.refusals} starts were refused: {row.paused_because}", link=f"/schedules/{row.id}",
        )  # fmt: skip

    def pause_all(self, session: Session, user_id: str, why: str) -> None:
        """Pause what somebody set who leaves, in the transaction of their end: nothing starts with rights that nobody has."""
        mine = select(ScheduleRow).where(ScheduleRow.actor_id == user_id, ScheduleRow.state == "active")
        for row in session.scalars(mine):
            row.state, row.paused_because = "paused", why
            self._log(session, SYSTEM, "schedule.paused", row, after={"because": why})

    def _target_of(self, actor: Actor, id: str) -> tuple[str, str]:
        with self._database.read() as session:
            row = _visible(session, actor, id)
            return row.kind, row.target

    def _log(
        self, session: Session, actor: Actor, action: str, row: ScheduleRow, *, before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self._events.record(session, actor, action, _subject_of(row), before=before, after=after)


def _visible(session: Session, actor: Actor, id: str) -> ScheduleRow:
    row = session.get(ScheduleRow, id)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(
            f"There is no schedule {id[:80]!a}, or you may not see it.",
            hint="`unshelf schedules list` shows their ids.",
        )
    return row


def _forget_old(session: Session, schedule: str) -> None:
    of_it = select(ScheduleStartRow.due_at).where(ScheduleStartRow.schedule == schedule)
    oldest = session.scalar(of_it.order_by(ScheduleStartRow.due_at.desc()).offset(KEPT_STARTS).limit(1))
    if oldest is not None:
        session.execute(
            delete(ScheduleStartRow).where(ScheduleStartRow.schedule == schedule, ScheduleStartRow.due_at <= oldest)
        )


def _described(row: ScheduleRow) -> dict[str, Any]:
    return {
        "name": row.name, "kind": row.kind, "target": row.target, "cron": row.cron, "time_zone": row.time_zone,
        "catch_up": row.catch_up, "state": row.state, "runs_as": row.actor_label,
    }  # fmt: skip


def _subject_of(row: ScheduleRow) -> Subject:
    return Subject(kind="schedule", name=row.id, project=row.project)


def _start_of(row: ScheduleStartRow) -> ScheduleStart:
    return ScheduleStart(due_at=row.due_at, at=row.at, started=row.started, error=row.error)


def _schedule_of(session: Session, row: ScheduleRow) -> Schedule:
    of_it = select(ScheduleStartRow).where(ScheduleStartRow.schedule == row.id)
    last = session.scalar(of_it.order_by(ScheduleStartRow.due_at.desc()).limit(1))
    return Schedule(
        id=row.id, name=row.name, project=row.project, kind=row.kind, target=row.target, cron=row.cron,
        time_zone=row.time_zone, catch_up=cast(CatchUp, row.catch_up), state=cast(ScheduleState, row.state),
        paused_because=row.paused_because, next_at=row.next_at if row.state == "active" else None,
        last=None if last is None else _start_of(last), created_at=row.created_at, created_by=row.created_by,
        runs_as=row.actor_label,
    )  # fmt: skip
