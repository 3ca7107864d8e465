"""The loop that tells people of alerts: at once or in the day's digest, again where nobody acknowledges, and when they are over.

Whatever people hear is stored in the transaction that marks the alert, and goes out from there by the queues of e-mails and webhooks: it
survives restarts and servers that are away, and a crash makes nobody hear of it twice in their inbox."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.manage.notifications.service import NotificationService
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.messages import digest_of, over_text_of, text_of, title_of, worst_first
from unshelf.monitor.alerts.responsible import Responsible, has_account
from unshelf.monitor.alerts.steps import GROUP, Circumstances, Step, StepName, next_step, rank
from unshelf.monitor.alerts.stored import alert_of, life_row
from unshelf.monitor.alerts.subjects import alert_page, alert_subject
from unshelf.monitor.alerts.tables import AlertGroupRow, AlertLifeRow, AlertRow
from unshelf.monitor.support.support import Support

LOOP = "alerts"
RAISED = NotificationKind(
    name="alert.raised", description="An alert that you answer for, or about something that you follow, or its end.",
    of_subject=True,
)  # fmt: skip
ESCALATED = NotificationKind(
    name="alert.escalated", description="An alert of a critical model that nobody acknowledged in time.",
    of_subject=True,
)  # fmt: skip
DIGEST = NotificationKind(
    name="alert.digest", description="Once a day: open alerts of models with best-effort support."
)
KINDS = (RAISED, ESCALATED, DIGEST)
Suggest = Callable[[Alert], str]
"""Says in a sentence what to do first about an alert; empty: nothing stands out."""
_SECONDS = 0.5
_REST_SECONDS = 24 * 3600.0
_LEAST_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class _Due:
    alert: Alert
    subject: Subject
    group: str
    step: Step


def _nothing(_: Alert) -> str:
    return ""


class AlertTelling:
    """Tells people of alerts. By one control at a time, and only as often as something is due."""

    def __init__(
        self, database: Database, events: EventStore, notifications: NotificationService, responsible: Responsible
    ) -> None:
        self._database = database
        self._events = events
        self._notifications = notifications
        self._responsible = responsible
        self._suggest: Suggest = _nothing
        for kind in KINDS:
            notifications.register(kind)

    def suggest_by(self, suggest: Suggest) -> None:
        """Have messages say what to do first. It is asked with no transaction open."""
        self._suggest = suggest

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name=LOOP, act=self.tell, every=_SECONDS, after_changes=True)

    def tell(self) -> float:
        """Do what is due; returns the seconds until the next thing is, if nothing changes before."""
        moment = now()
        with self._database.read() as session:
            due, upcoming = self._plan(session, moment)
            has_new = self._new_alerts(session) != []
        if has_new:
            with self._database.transaction() as session:
                self._join_groups(session)
            return _LEAST_SECONDS
        if due:
            suggestions = {each.alert.id: self._suggest(each.alert) for each in due if each.step.name == "tell"}
            with self._database.transaction() as session:
                due, _ = self._plan(session, moment)
                self._act(session, due, moment, suggestions)
            return _LEAST_SECONDS
        if upcoming is None:
            return _REST_SECONDS
        return min(_REST_SECONDS, max(_LEAST_SECONDS, (upcoming - now()).total_seconds()))

    def _new_alerts(self, session: Session) -> list[AlertRow]:
        """List open alerts that are in no group yet. Of those of projects, people hear by what raises them."""
        query = select(AlertRow).outerjoin(AlertLifeRow, AlertLifeRow.alert == AlertRow.id)
        query = query.where(AlertRow.resolved_at.is_(None), AlertRow.project.is_(None), AlertLifeRow.group.is_(None))
        return list(session.scalars(query.order_by(AlertRow.id)))

    def _join_groups(self, session: Session) -> None:
        for row in self._new_alerts(session):
            window = _window_of(row)
            recent = AlertGroupRow.began_at > row.raised_at - GROUP
            query = select(AlertGroupRow).where(
                AlertGroupRow.model.is_(None) if row.model is None else AlertGroupRow.model == row.model,
                or_(recent, AlertGroupRow.window == window) if window else recent,
            )
            group = session.scalars(query.order_by(AlertGroupRow.id.desc())).first()
            if group is None:
                group = AlertGroupRow(
                    id=row.id, model=row.model, window=window, began_at=row.raised_at, told_at=None, told_severity=""
                )
                session.add(group)
            life_row(session, row.id).group = group.id
            session.flush()

    def _plan(self, session: Session, moment: datetime) -> tuple[list[_Due], datetime | None]:
        """Return what is due, and when the next thing is."""
        due, upcoming = [], None
        followed = self._followed(session)
        waiting = {life.group for row, life, _ in followed if row.resolved_at is None and life.told_at is not None}
        support = self._responsible.support.among(session, {row.model for row, _, _ in followed if row.model})
        for row, life, group in followed:
            alert = alert_of(row, life)
            around = _around(support.get(row.model or ""), group, row.raised_at)
            if life.unheard and row.resolved_at is None:
                around = replace(around, has_hearer=self._has_hearer(session, alert))
            step = next_step(alert, around, moment)
            if step is None or (step.name == "over" and life.group in waiting):
                continue  # people hear of the end once the whole group is over
            if step.at <= moment:
                subject = alert_subject(session, row.id, row.model, row.project)
                due.append(_Due(alert=alert, subject=subject, group=life.group or row.id, step=step))
            elif upcoming is None or step.at < upcoming:
                upcoming = step.at
        return due, upcoming

    def _has_hearer(self, session: Session, alert: Alert) -> bool:
        subject = alert_subject(session, alert.id, alert.finding.model, alert.finding.project)
        return self._responsible.has_hearer(session, subject, alert.life.assignee)

    def _followed(self, session: Session) -> list[tuple[AlertRow, AlertLifeRow, AlertGroupRow | None]]:
        """List alerts with something to come: those that are open, and those whose end people did not hear of."""
        query = (
            select(AlertRow, AlertLifeRow, AlertGroupRow)
            .join(AlertLifeRow, AlertLifeRow.alert == AlertRow.id)
            .outerjoin(AlertGroupRow, AlertGroupRow.id == AlertLifeRow.group)
            .where(
                AlertLifeRow.group.is_not(None),
                or_(
                    AlertRow.resolved_at.is_(None),
                    and_(AlertLifeRow.told_at.is_not(None), AlertLifeRow.closed_at.is_(None)),
                ),
            )
        )
        return [(row, life, group) for row, life, group in session.execute(query.order_by(AlertRow.id))]

    def _act(self, session: Session, due: Sequence[_Due], moment: datetime, suggestions: dict[str, str]) -> None:
        by_step: dict[StepName, list[_Due]] = {}
        for each in due:
            by_step.setdefault(each.step.name, []).append(each)
        for each in [*by_step.get("wake", []), *by_step.get("heed", [])]:
            self._reopen(session, each, moment)
        for group in _groups(by_step.get("tell", [])):
            self._tell_group(session, group, moment, suggestions)
        for group in _groups(by_step.get("escalate", [])):
            self._escalate(session, group, moment)
        for group in _groups(by_step.get("over", [])):
            self._tell_end(session, group, moment)
        if "digest" in by_step:
            self._tell_digest(session, by_step["digest"], moment)

    def _reopen(self, session: Session, due: _Due, moment: datetime) -> None:
        """Have people hear anew of an alert whose snooze ended, or that changed since somebody chose to ignore it."""
        life = life_row(session, due.alert.id)
        life.unheard = False
        life.told_at = life.snoozed_until = life.snoozed_by = life.ignored = life.ignored_by = None
        life.acknowledged_at = life.acknowledged_by = None
        group = AlertGroupRow(  # one of its own, so that it does not wait for the one that it was in
            id=new_id(), model=due.subject.model, window="", began_at=moment, told_at=None, told_severity=""
        )
        session.add(group)
        life.group = group.id
        action = "alert.woken" if due.step.name == "wake" else "alert.changed"
        self._events.record(session, SYSTEM, action, due.subject, after={"summary": due.alert.finding.summary})

    def _tell_group(
        self, session: Session, group: Sequence[_Due], moment: datetime, suggestions: dict[str, str]
    ) -> None:
        alerts = [each.alert for each in group]
        first = _lead(group)
        people = self._hearers(session, group)
        self._notifications.notify(
            session, people, first.subject, kind=RAISED.name, title=title_of(alerts),
            body=text_of(alerts, suggestions.get(first.alert.id, "")), link=alert_page(first.alert.id),
        )  # fmt: skip
        row = session.get(AlertGroupRow, first.group)
        if row is not None:
            row.told_at = moment
            row.told_severity = max([row.told_severity, *(each.finding.severity for each in alerts)], key=rank)
        self._mark(session, group, people, moment)

    def _escalate(self, session: Session, group: Sequence[_Due], moment: datetime) -> None:
        first = _lead(group)
        alerts, life = [each.alert for each in group], first.alert.life
        answering = self._responsible.first(session, first.subject, life.assignee)
        people = [*self._responsible.next(session, first.subject, life.escalations), *answering]
        self._notifications.notify(
            session, people, first.subject, kind=ESCALATED.name, title=title_of(alerts, before="Nobody has it"),
            body=text_of(alerts), link=alert_page(first.alert.id),
        )  # fmt: skip
        for each in group:
            row = life_row(session, each.alert.id)
            row.escalations, row.escalated_at = row.escalations + 1, moment
            after = {"people": len(set(people)), "escalation": row.escalations}
            self._events.record(session, SYSTEM, "alert.escalated", each.subject, after=after)

    def _tell_end(self, session: Session, group: Sequence[_Due], moment: datetime) -> None:
        # Who came before the group was over never heard of those of its alerts that ended before.
        heard = [each for each in group if not (each.alert.life.unheard and self._has_hearer(session, each.alert))]
        if heard:
            first, alerts = _lead(heard), [each.alert for each in heard]
            self._notifications.notify(
                session, self._hearers(session, heard), first.subject, kind=RAISED.name,
                title=title_of(alerts, before="Over"), body=over_text_of(alerts), link=alert_page(first.alert.id),
            )  # fmt: skip
        for each in group:
            life_row(session, each.alert.id).closed_at = moment

    def _tell_digest(self, session: Session, due: Sequence[_Due], moment: datetime) -> None:
        of_person: dict[str, list[_Due]] = {}
        for each in due:
            people = self._hearers(session, [each])
            for person in people:
                of_person.setdefault(person, []).append(each)
            self._mark(session, [each], people, moment)
        for person, mine in of_person.items():
            title, body = digest_of([each.alert for each in mine])
            self._notifications.notify(
                session, [person], Subject(kind="digest", name="alerts"), kind=DIGEST.name, title=title, body=body,
                link="/alerts", is_for_project=False,
            )  # fmt: skip

    def _hearers(self, session: Session, group: Sequence[_Due]) -> list[str]:
        """List who hears of a group: who answers for any of its alerts, and who follows one."""
        people: list[str] = []
        for each in group:
            people += self._responsible.first(session, each.subject, each.alert.life.assignee)
            people += self._responsible.followers(session, each.subject)
        return list(dict.fromkeys(people))

    def _mark(self, session: Session, group: Sequence[_Due], people: Sequence[str], moment: datetime) -> None:
        for each in group:
            life = life_row(session, each.alert.id)
            life.told_at, life.unheard = moment, not has_account(people)
            self._events.record(session, SYSTEM, "alert.notified", each.subject, after={"people": len(people)})


def _around(support: Support | None, group: AlertGroupRow | None, raised_at: datetime) -> Circumstances:
    usual = Support.usual() if support is None else support
    return Circumstances(
        level=usual.level, escalate_after=timedelta(minutes=usual.escalate_after),
        group_began_at=raised_at if group is None else group.began_at,
        group_told_at=None if group is None else group.told_at,
        group_told_severity="" if group is None else group.told_severity,
    )  # fmt: skip


def _groups(due: Iterable[_Due]) -> list[list[_Due]]:
    ordered = sorted(due, key=lambda each: (each.group, each.alert.id))
    return [list(group) for _, group in groupby(ordered, key=lambda each: each.group)]


def _lead(group: Sequence[_Due]) -> _Due:
    worst = worst_first([each.alert for each in group])[0]
    return next(each for each in group if each.alert.id == worst.id)


def _window_of(row: AlertRow) -> str:
    window = row.evidence.get("window")
    if not isinstance(window, dict) or "since" not in window or "until" not in window:
        return ""
    return f"{window['since']}/{window['until']}"[:100]
