"""Alerts over HTTP."""

from fastapi import APIRouter

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.monitor.alerts.alert import State
from unshelf.monitor.alerts.schemas import Alerts, AlertShown
from unshelf.monitor.alerts.service import AlertService


def router(alerts: AlertService) -> APIRouter:
    """`GET /alerts`."""
    routes = APIRouter(tags=["alerts"])

    @routes.get("/alerts", dependencies=[requires(Permission.ALERTS_READ, anywhere=True)])
    def list_alerts(
        actor: CurrentActor,
        state: State = "open",
        model: str | None = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Alerts:
        """List the detected problems that concern the actor, newest first."""
        page = alerts.list_for(actor, state=state, model=model, limit=limit, cursor=cursor)
        return Alerts(alerts=page.map(AlertShown.of), next_cursor=page.next_cursor)

    return routes
