"""Alerts over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.clock import now
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.alerts.alert import Severity, State
from unshelf.monitor.alerts.answering import AlertAnswers
from unshelf.monitor.alerts.schemas import Alerts, AlertShown, AssignmentRequest, SnoozeRequest
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.alerts.stored import AlertFilter

_READ = [requires(Permission.ALERTS_READ, anywhere=True, hides=True)]
_ANSWER = [requires(Permission.ALERTS_MANAGE, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")
_OVER = problem_answers("not_found", "conflict")


def router(alerts: AlertService, answers: AlertAnswers) -> ApiRouter:
    """`/alerts`."""
    routes = ApiRouter(tags=["alerts"])
    _add_reading(routes, alerts, answers)
    _add_answers(routes, answers)
    _add_assignment(routes, answers)
    return routes


def _add_reading(routes: ApiRouter, alerts: AlertService, answers: AlertAnswers) -> None:
    @routes.get("/alerts", dependencies=[requires(Permission.ALERTS_READ, anywhere=True)])
    def list_alerts(
        actor: CurrentActor,
        *,
        state: State = "open",
        model: str | None = None,
        project: Annotated[str | None, Query(description="Only those of this project and its models.")] = None,
        kind: Annotated[str | None, Query(description="Only those of this kind.")] = None,
        severity: Annotated[Severity | None, Query(description="Only those of this severity.")] = None,
        mine: Annotated[bool, Query(description="Only those that one answers for, or was assigned.")] = False,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Alerts:
        """List the detected problems that concern the actor, newest first."""
        wanted = AlertFilter(
            state=state, model=model, project=project, kind=kind, severity=severity,
            mine=answers.mine(actor) if mine else None,
        )  # fmt: skip
        page = alerts.list_for(actor, wanted, limit=limit, cursor=cursor)
        return Alerts(alerts=page.map(AlertShown.of), next_cursor=page.next_cursor)

    @routes.get("/alerts/{id}", responses=_MISSING, dependencies=_READ)
    def show_alert(id: str, actor: CurrentActor) -> AlertShown:
        """Show an alert, with what was done about it."""
        return AlertShown.of(alerts.find(actor, id))


def _add_answers(routes: ApiRouter, answers: AlertAnswers) -> None:
    @routes.post("/alerts/{id}/acknowledge", responses=_OVER, dependencies=_ANSWER)
    def acknowledge_alert(id: str, actor: CurrentActor) -> AlertShown:
        """Say that one looks after an alert: it is not escalated any more."""
        return AlertShown.of(answers.acknowledge(actor, id))

    @routes.put("/alerts/{id}/snooze", responses=_OVER, dependencies=_ANSWER)
    def snooze_alert(id: str, wanted: SnoozeRequest, actor: CurrentActor) -> AlertShown:
        """Have nobody hear of an alert for a while; if it is open after that, people hear of it anew."""
        return AlertShown.of(answers.snooze(actor, id, wanted.end(now())))

    @routes.delete("/alerts/{id}/snooze", responses=_OVER, dependencies=_ANSWER)
    def wake_alert(id: str, actor: CurrentActor) -> AlertShown:
        """End a snooze."""
        return AlertShown.of(answers.wake(actor, id))

    @routes.delete("/alerts/{id}/ignored", responses=_OVER, dependencies=_ANSWER)
    def heed_alert(id: str, actor: CurrentActor) -> AlertShown:
        """Take back that an alert is ignored until it changes, as a decision has it."""
        return AlertShown.of(answers.heed(actor, id))


def _add_assignment(routes: ApiRouter, answers: AlertAnswers) -> None:
    @routes.put("/alerts/{id}/assignee", responses=_OVER, dependencies=_ANSWER)
    def assign_alert(id: str, wanted: AssignmentRequest, actor: CurrentActor) -> AlertShown:
        """Give an alert to a user or a group, who hear of it."""
        return AlertShown.of(answers.assign(actor, id, (wanted.kind, wanted.name)))

    @routes.delete("/alerts/{id}/assignee", responses=_OVER, dependencies=_ANSWER)
    def unassign_alert(id: str, actor: CurrentActor) -> AlertShown:
        """Give an alert to nobody in particular: then who answers for the model has it."""
        return AlertShown.of(answers.assign(actor, id, None))
