"""The service of decisions: the card of an alert, and choices that are carried out and kept with it."""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Unavailable, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.answering import AlertAnswers
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.alerts.stored import life_row
from unshelf.monitor.alerts.subjects import alert_scope, alert_subject
from unshelf.monitor.alerts.tables import AlertRow
from unshelf.monitor.decisions.acts import AlertActs
from unshelf.monitor.decisions.decision import AlertDecision, DecisionCard, decision_of
from unshelf.monitor.decisions.option import CardOption, OptionName
from unshelf.monitor.decisions.ranking import rank_options
from unshelf.monitor.decisions.reading import SituationReader
from unshelf.monitor.decisions.tables import AlertDecisionRow

logger = logging.getLogger(__name__)


class DecisionService:
    """Makes the cards of alerts, and carries out what is chosen on them, with the rights of who chooses."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        *,
        alerts: AlertService,
        answers: AlertAnswers,
        reader: SituationReader,
        acts: AlertActs,
    ) -> None:
        self._database = database
        self._events = events
        self._alerts = alerts
        self._answers = answers
        self._reader = reader
        self._acts = acts

    def card(self, actor: Actor, id: str) -> DecisionCard:
        """Return the card of an alert that the actor may see; one that is over has decisions and no options."""
        alert = self._alerts.find(actor, id)
        situation = self._reader.read(alert)
        options = tuple(rank_options(situation)) if alert.resolved_at is None else ()
        with self._database.read() as session:
            scope = _scope(session, alert)
            rows = select(AlertDecisionRow).where(AlertDecisionRow.alert == id).order_by(AlertDecisionRow.id.desc())
            decisions = tuple(map(decision_of, session.scalars(rows)))
        allowed = tuple(self._may(actor, option, scope) for option in options)
        return DecisionCard(
            situation=situation, project=scope.project or None, options=options, allowed=allowed, decisions=decisions,
            may_answer=alert.resolved_at is None and actor.may(Permission.ALERTS_MANAGE, scope),
        )  # fmt: skip

    def decide(
        self, actor: Actor, id: str, choice: OptionName, *, reason: str, version: int | None = None,
        target: str | None = None,
    ) -> AlertDecision:  # fmt: skip
        """Carry out an option of an open alert, and keep who chose it and why; it counts as acknowledged.

        `version`, `target`: which, where the card has several of one name. Raises Forbidden without the right that the option takes, and
        Conflict for one that the card does not have."""
        alert = self._answers.answerable(actor, id)
        situation = self._reader.read(alert)
        option = self._chosen(rank_options(situation), choice, version, target)
        with self._database.read() as session:
            scope = _scope(session, alert)
            if session.get(AlertRow, id) is None:
                raise Unavailable("The alert is not in the database yet, which takes nothing at the moment.")
        if option.name != "retrain":
            actor.must(option.permission, scope)
        outcome = self._carry_out(actor, alert, option, reason, has_labels=situation.has_labels)
        return self._keep(actor, alert, option, reason=reason, outcome=outcome)

    def suggest(self, alert: Alert) -> str:
        """Say what the card ranks first, with its command; empty where nothing stands out, or the card can't be made."""
        try:
            best = self._options_of(alert)[0]
        except UnshelfError as error:
            logger.warning("no option can be suggested", extra={"alert": alert.id, "reason": str(error)})
            return ""
        if best.verdict == "weak":
            return ""
        because = max(best.reasons, key=lambda reason: reason.points).say
        return f"{best.title}. {because} {best.command}".strip()

    def _options_of(self, alert: Alert) -> list[CardOption]:
        return rank_options(self._reader.read(alert))

    def _may(self, actor: Actor, option: CardOption, scope: Scope) -> bool:
        if not actor.may(Permission.ALERTS_MANAGE, scope):
            return False
        if option.name == "collect":
            return actor.may(option.permission, scope) and actor.may(
                Permission.DATA_MANAGE, project_scope(scope.project)
            )
        if option.name != "retrain" or option.target is None:
            return actor.may(option.permission, scope)
        try:
            self._acts.starters.require(actor, "pipeline", option.target)
        except UnshelfError:
            return False
        return True

    def _chosen(
        self, options: list[CardOption], choice: OptionName, version: int | None, target: str | None
    ) -> CardOption:
        for option in options:
            is_meant = version in (None, option.version) and target in (None, option.target)
            if option.name == choice and is_meant:
                return option
        names = ", ".join(dict.fromkeys(option.name for option in options))
        raise Conflict(f"{choice!r} is no option of this alert now.", hint=f"Its options: {names}.")

    def _carry_out(self, actor: Actor, alert: Alert, option: CardOption, reason: str, *, has_labels: bool) -> str:
        model = alert.finding.model or ""
        if option.name == "rollback":
            return self._acts.roll_back(actor, model)
        if option.name == "replace" and option.version is not None:
            return self._acts.release(actor, model, option.version)
        if option.name == "pause":
            return self._acts.pause(actor, model)
        if option.name == "retrain" and option.target is not None:
            self._acts.starters.require(actor, "pipeline", option.target)
            return self._acts.start(
                "pipeline", option.target, actor_id=actor.id, actor_label=actor.label, key=f"alert/{new_id()}"
            )
        if option.name == "collect" and option.target is not None:
            return self._acts.collect(actor, model, option.target, labels=has_labels)
        if option.name == "ignore":
            self._answers.ignore(actor, alert.id, reason=reason)
            return "Nobody hears of it until it changes."
        return "Noted: somebody does it by hand."

    def _keep(self, actor: Actor, alert: Alert, option: CardOption, *, reason: str, outcome: str) -> AlertDecision:
        row = AlertDecisionRow(
            id=new_id(), alert=alert.id, choice=option.name, score=option.score, reason=reason, outcome=outcome,
            policy=None, by=actor.label, by_id=actor.id, at=now(),
        )  # fmt: skip
        with self._database.transaction() as session:
            life = life_row(session, alert.id)
            life.acknowledged_at, life.acknowledged_by = (
                life.acknowledged_at or now(),
                life.acknowledged_by or actor.label,
            )
            session.add(row)
            subject = alert_subject(session, alert.id, alert.finding.model, alert.finding.project)
            after = {"choice": option.name, "outcome": outcome}
            self._events.record(session, actor, "alert.decided", subject, after=after, reason=reason)
            session.flush()
            return decision_of(row)


def _scope(session: Session, alert: Alert) -> Scope:
    return alert_scope(session, alert.finding.model, alert.finding.project)
