"""The loop of policies: does what a policy says about a new alert, once within its hours, and never twice after a crash."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, Unavailable, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of, scopes_among
from unshelf.foundation.access.scopes import DEFAULT_PROJECT
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.access.service import HasModel
from unshelf.manage.notifications.notification import NotificationKind, PersonNow
from unshelf.manage.notifications.service import NotificationService
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.responsible import Responsible
from unshelf.monitor.alerts.stored import alert_of, lives_among
from unshelf.monitor.alerts.subjects import alert_page, alert_subject
from unshelf.monitor.alerts.tables import AlertRow
from unshelf.monitor.decisions.acts import AlertActs
from unshelf.monitor.decisions.tables import AlertDecisionRow
from unshelf.monitor.policies.policy import AlertPolicy, refuse_elsewhere
from unshelf.monitor.policies.service import policy_of
from unshelf.monitor.policies.tables import AlertPolicyActRow, AlertPolicyRow

logger = logging.getLogger(__name__)

LOOP = "alert-policies"
ACTED = NotificationKind(
    name="alert.acted", description="A policy acted on an alert that you answer for.", of_subject=True
)
_SECONDS = 0.5
_REST_SECONDS = 24 * 3600.0
_CHOICES = {"pause": "pause", "rollback": "rollback", "start": "retrain"}


@dataclass(frozen=True, kw_only=True)
class _Case:
    policy: AlertPolicy
    alert: Alert


class PolicyActing:
    """Acts for policies, in three steps: note that it does, act with no transaction open, note what came of it.

    An act that a crash cut off is not repeated: what it did shows in the model's history."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        notifications: NotificationService,
        *,
        acts: AlertActs,
        person_now: PersonNow,
        responsible: Responsible,
        runs_elsewhere: HasModel,
    ) -> None:
        self._database = database
        self._events = events
        self._notifications = notifications
        self._acts = acts
        self._person_now = person_now
        self._responsible = responsible
        self._runs_elsewhere = runs_elsewhere
        notifications.register(ACTED)

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name=LOOP, act=self.act, every=_SECONDS, after_changes=True)

    def act(self) -> float:
        """Act on each alert that a policy is about; returns the seconds until the next look, if nothing changes before."""
        with self._database.read() as session:
            cases = _cases(session)
        for case in cases:
            act = self._claim(case)
            if act is not None:
                self._finish(case, act, *self._carry_out(case, act))
        return _REST_SECONDS

    def _claim(self, case: _Case) -> str | None:
        """Note that a policy acts, and return the id of the note; None: it may not now, as another control was faster."""
        with self._database.transaction() as session:
            if session.get(AlertPolicyRow, case.policy.id) is None or not _is_due(session, case.policy, case.alert):
                return None
            row = AlertPolicyActRow(
                id=new_id(), policy=case.policy.id, model=case.alert.finding.model or "", alert=case.alert.id, at=now(),
                outcome="", error="",
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    def _carry_out(self, case: _Case, act: str) -> tuple[str, str]:
        """Act; returns what came of it, and why it could not be done, one of which is empty."""
        policy, model = case.policy, case.alert.finding.model or ""
        try:
            lender = self._lender(policy, model)
            self._must_run_here(policy, model)
            if policy.act == "pause":
                return self._acts.pause(actor_of_policy(policy), model), ""
            if policy.act == "rollback":
                return self._acts.roll_back(actor_of_policy(policy), model), ""
            return self._acts.start(
                str(policy.start_kind), str(policy.start_target), actor_id=lender.id, actor_label=lender.label,
                key=f"alert-policy/{act}",
            ), ""  # fmt: skip
        except Unavailable as error:
            return "", f"{error} It is tried again when the alert is raised again."
        except UnshelfError as error:
            return "", str(error)
        except (
            Exception
        ) as error:  # such as a file that somebody deleted: nobody would hear of it, as it is not tried again
            incident = new_id()
            fields = {"policy": policy.id, "model": model, "id": incident}
            logger.error("a policy met an unexpected error", exc_info=error, extra=fields)
            return (
                "",
                f"Something went wrong inside the platform. The log of control says what, under the id {incident}.",
            )

    def _must_run_here(self, policy: AlertPolicy, model: str) -> None:
        """Raise RunsElsewhere where a policy of a whole project meets a model that nothing here can pause or roll back."""
        if policy.act != "start":
            with self._database.read() as session:
                elsewhere = self._runs_elsewhere(session, model)
            if elsewhere:
                refuse_elsewhere(model)

    def _lender(self, policy: AlertPolicy, model: str) -> Actor:
        """Return who set the policy, with what they may do now. Raises Forbidden where that is not enough any more."""
        lender = self._person_now(policy.actor_id)
        if lender is None:
            raise Forbidden(f"{policy.created_by!r}, who set the policy {policy.name!r}, may do nothing here any more.")
        if policy.act != "start":
            with self._database.read() as session:
                lender.must(Permission.MODEL_RELEASE, scope_of(session, model))
        return lender

    def _finish(self, case: _Case, act: str, outcome: str, error: str) -> None:
        policy, alert = case.policy, case.alert
        actor = actor_of_policy(policy)
        with self._database.transaction() as session:
            row = session.get(AlertPolicyActRow, act)
            if row is not None:
                row.outcome, row.error = outcome, error
            if session.get(AlertRow, alert.id) is None:
                return
            subject = alert_subject(session, alert.id, alert.finding.model)
            after = {"policy": policy.name, "act": policy.act, "outcome": outcome, "error": error}
            self._events.record(session, actor, "alert.acted", subject, after=after)
            if outcome:
                session.add(
                    AlertDecisionRow(
                        id=new_id(), alert=alert.id, choice=_CHOICES[policy.act], score=None, outcome=outcome,
                        reason=f"The policy {policy.name} answers {alert.finding.kind}.", policy=policy.name,
                        by=actor.label, by_id=actor.id, at=now(),
                    )
                )  # fmt: skip
            said = outcome or f"It could not: {error}"
            self._notifications.notify(
                session, self._responsible.first(session, subject, alert.life.assignee), subject, kind=ACTED.name,
                title=f"The policy {policy.name} answered: {alert.finding.summary}", body=said,
                link=alert_page(alert.id),
            )  # fmt: skip


def actor_of_policy(policy: AlertPolicy) -> Actor:
    """The platform as an actor that acts for a policy, whose name its events have."""
    return Actor(id=f"policy/{policy.id}", kind="system", label=f"policy {policy.name}")


def _cases(session: Session) -> list[_Case]:
    policies = [policy_of(session, row) for row in session.scalars(select(AlertPolicyRow).order_by(AlertPolicyRow.id))]
    if not policies:
        return []
    earliest = min(policy.created_at for policy in policies)
    open_now = select(AlertRow).where(
        AlertRow.resolved_at.is_(None), AlertRow.model.is_not(None), AlertRow.raised_at >= earliest
    )
    rows = list(session.scalars(open_now.order_by(AlertRow.id)))
    lives = lives_among(session, [row.id for row in rows])
    alerts = [alert_of(row, lives.get(row.id)) for row in rows]
    projects = {name: scope.project for name, scope in scopes_among(session, _models(alerts)).items()}
    return [
        _Case(policy=policy, alert=alert)
        for alert in alerts
        for policy in policies
        if policy.answers(alert, projects.get(alert.finding.model or "", DEFAULT_PROJECT))
        and _is_due(session, policy, alert)
    ]


def _models(alerts: Sequence[Alert]) -> set[str]:
    return {alert.finding.model for alert in alerts if alert.finding.model is not None}


def _is_due(session: Session, policy: AlertPolicy, alert: Alert) -> bool:
    """Whether a policy did not act on the alert yet, nor on its model within its hours."""
    acts = select(AlertPolicyActRow).where(
        AlertPolicyActRow.policy == policy.id, AlertPolicyActRow.model == alert.finding.model
    )
    last = session.scalars(acts.order_by(AlertPolicyActRow.id.desc()).limit(1)).first()
    if last is not None and last.at > now() - timedelta(hours=policy.hours):
        return False
    return session.scalars(acts.where(AlertPolicyActRow.alert == alert.id)).first() is None
