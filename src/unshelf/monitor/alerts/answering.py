"""The service of answers to alerts: somebody has it, snoozes it, gives it to somebody, or ignores it until it changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput, Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.service import HolderKind
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.manage.notifications.service import NotificationService
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.life import Life, extent_of
from unshelf.monitor.alerts.responsible import PeopleFinder
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.alerts.stored import Mine, life_of, life_row
from unshelf.monitor.alerts.subjects import alert_page, alert_scope, alert_subject
from unshelf.monitor.alerts.tables import AlertLifeRow, AlertRow
from unshelf.monitor.support.service import SupportService

ASSIGNED = NotificationKind(
    name="alert.assigned", description="Somebody gave an alert to you, or to a group of yours.", of_subject=True
)
LONGEST_SNOOZE = timedelta(days=90)
Change = Callable[[Session, Alert, AlertLifeRow], tuple[str, dict[str, Any], str]]
"""Changes a life; returns the action of the event, its values and its reason."""


class AlertAnswers:
    """Keeps what people answer to alerts. It takes `alerts.manage` where the alert lies."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        notifications: NotificationService,
        *,
        alerts: AlertService,
        support: SupportService,
        holders: Holders,
        people: PeopleFinder,
    ) -> None:
        self._database = database
        self._events = events
        self._notifications = notifications
        self._alerts = alerts
        self._support = support
        self._holders = holders
        self._people = people
        notifications.register(ASSIGNED)

    def mine(self, actor: Actor) -> Mine:
        """Return which alerts are the actor's own."""
        with self._database.read() as session:
            groups = self._people.groups_among(session, [actor.id])[actor.id] if actor.kind == "user" else []
            models = self._support.owned_by(session, actor.id, groups)
        return Mine(label=actor.label, holders=(actor.id, *groups), models=tuple(models))

    def acknowledge(self, actor: Actor, id: str) -> Alert:
        """Say that somebody looks after an alert, and the open ones of its group: they are not escalated any more.

        Doing it twice is fine."""

        def change(session: Session, alert: Alert, life: AlertLifeRow) -> tuple[str, dict[str, Any], str]:
            for row, other in _of_group(session, life):
                other.acknowledged_at, other.acknowledged_by = now(), actor.label
                if row.id != alert.id:
                    subject = alert_subject(session, row.id, row.model, row.project)
                    self._events.record(session, actor, "alert.acknowledged", subject, after={"with": alert.id})
            life.acknowledged_at, life.acknowledged_by = now(), actor.label
            return "alert.acknowledged", {}, ""

        return self._change(actor, id, change, unless=lambda life: life.acknowledged_at is not None)

    def snooze(self, actor: Actor, id: str, until: datetime) -> Alert:
        """Have nobody hear of an alert until a moment; if it is open then, people hear of it anew."""
        if not now() < until <= now() + LONGEST_SNOOZE:
            raise InvalidInput(
                f"An alert is snoozed until a moment within the next {LONGEST_SNOOZE.days} days, "
                f"not {until:%Y-%m-%d %H:%M} UTC.",
                hint="To hear of it no more until it changes, ignore it.",
            )

        def change(_session: Session, _alert: Alert, life: AlertLifeRow) -> tuple[str, dict[str, Any], str]:
            life.snoozed_until, life.snoozed_by = until, actor.label
            return "alert.snoozed", {"until": until.isoformat()}, ""

        return self._change(actor, id, change)

    def wake(self, actor: Actor, id: str) -> Alert:
        """End a snooze. Doing it twice is fine."""

        def change(_session: Session, _alert: Alert, life: AlertLifeRow) -> tuple[str, dict[str, Any], str]:
            life.snoozed_until = life.snoozed_by = None
            return "alert.woken", {}, ""

        return self._change(actor, id, change, unless=lambda life: life.snoozed_until is None)

    def assign(self, actor: Actor, id: str, to: tuple[HolderKind, str] | None) -> Alert:
        """Give an alert to a user or a group, or, with None, to nobody in particular. They hear of it.

        Raises NotFound for a user or a group that there is not, and InvalidInput for a user who may not see the alert."""

        def change(session: Session, alert: Alert, life: AlertLifeRow) -> tuple[str, dict[str, Any], str]:
            kind, name = (None, None) if to is None else to
            holder = None if to is None else self._holders.id_of(session, *to)
            life.assignee_kind, life.assignee, life.assignee_name = kind, holder, name
            life.assigned_by = None if to is None else actor.label
            if kind is not None and holder is not None:
                self._must_see(session, kind, holder, str(name), alert)
                self._notify_assigned(session, actor, alert, kind, holder)
            return "alert.assigned", {"to": None if to is None else f"{kind} {name}"}, ""

        return self._change(actor, id, change)

    def ignore(self, actor: Actor, id: str, *, reason: str) -> Alert:
        """Have nobody hear of an alert until it changes: more severe, in other columns, or a quarter further from its threshold."""

        def change(_session: Session, alert: Alert, life: AlertLifeRow) -> tuple[str, dict[str, Any], str]:
            found = alert.finding
            life.ignored = extent_of(found.severity, found.summary, found.evidence).plain()
            life.ignored_by = actor.label
            return "alert.ignored", {"summary": found.summary}, reason

        return self._change(actor, id, change)

    def heed(self, actor: Actor, id: str) -> Alert:
        """Take back that an alert is ignored. Doing it twice is fine."""

        def change(_session: Session, _alert: Alert, life: AlertLifeRow) -> tuple[str, dict[str, Any], str]:
            life.ignored = life.ignored_by = None
            return "alert.heeded", {}, ""

        return self._change(actor, id, change, unless=lambda life: life.ignored is None)

    def _change(
        self, actor: Actor, id: str, change: Change, *, unless: Callable[[Life | AlertLifeRow], bool] | None = None
    ) -> Alert:
        alert = self.answerable(actor, id)
        if unless is not None and unless(alert.life):
            return alert
        with self._database.transaction() as session:
            row = session.get(AlertRow, id)
            if row is None:
                raise Unavailable("The alert is not in the database yet, which takes nothing at the moment.")
            if row.resolved_at is not None:
                raise _over()
            life = life_row(session, id)
            if unless is not None and unless(life):  # somebody was faster
                return replace(alert, life=life_of(life))
            action, after, reason = change(session, alert, life)
            subject = alert_subject(session, id, alert.finding.model, alert.finding.project)
            self._events.record(session, actor, action, subject, after=after, reason=reason)
            session.flush()
            return replace(alert, life=life_of(life))

    def answerable(self, actor: Actor, id: str) -> Alert:
        """Return an open alert that the actor may answer. Raises NotFound, Forbidden, and Conflict for one that is over."""
        alert = self._alerts.find(actor, id)
        with self._database.read() as session:
            scope = alert_scope(session, alert.finding.model, alert.finding.project)
        actor.must(Permission.ALERTS_MANAGE, scope)
        if alert.resolved_at is not None:
            raise _over()
        return alert

    def _must_see(self, session: Session, kind: HolderKind, holder: str, name: str, alert: Alert) -> None:
        """Raise InvalidInput for a user, or a group without anybody, who may see the alert."""
        scope = alert_scope(session, alert.finding.model, alert.finding.project)
        people = [holder] if kind == "user" else self._people.members(session, holder)
        actors = (self._people.of(session, person) for person in people)
        if not any(each is not None and each.may(Permission.ALERTS_READ, scope) for each in actors):
            raise InvalidInput(
                f"The {kind} {name!r} may not see the alert.", hint="Give it to somebody with a role on the model."
            )

    def _notify_assigned(self, session: Session, actor: Actor, alert: Alert, kind: HolderKind, holder: str) -> None:
        people = [holder] if kind == "user" else self._people.members(session, holder)
        self._notifications.notify(
            session, [person for person in people if person != actor.id],
            alert_subject(session, alert.id, alert.finding.model, alert.finding.project), kind=ASSIGNED.name,
            title=f"Yours to look after: {alert.finding.summary}", body=alert.finding.advice, link=alert_page(alert.id),
            is_for_project=False,
        )  # fmt: skip


def _over() -> Conflict:
    return Conflict("The alert is over.", hint="`unshelf alerts list` shows those that are open.")


def _of_group(session: Session, life: AlertLifeRow) -> list[tuple[AlertRow, AlertLifeRow]]:
    """List the open alerts of a group that nobody acknowledged, which are all of one model."""
    if life.group is None:
        return []
    query = select(AlertRow, AlertLifeRow).join(AlertLifeRow, AlertLifeRow.alert == AlertRow.id)
    query = query.where(
        AlertLifeRow.group == life.group, AlertLifeRow.acknowledged_at.is_(None), AlertRow.resolved_at.is_(None)
    )
    return [(row, other) for row, other in session.execute(query)]
