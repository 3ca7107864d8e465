"""Alerts over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from unshelf.manage.access import principal_of, requires
from unshelf.monitor.alerts.alert import State
from unshelf.monitor.alerts.schemas import Alerts, AlertShown
from unshelf.monitor.alerts.service import AlertService


def router(alerts: AlertService) -> APIRouter:
    """`GET /alerts`."""
    routes = APIRouter(tags=["alerts"])

    @routes.get("/alerts", dependencies=[requires("deploy")])
    def list_alerts(
        request: Request,
        state: State = "open",
        model: str | None = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> Alerts:
        """The detected problems that concern the caller, newest first."""
        found = alerts.list_for(principal_of(request), state=state, model=model, limit=limit)
        return Alerts(alerts=[AlertShown.of(alert) for alert in found])

    return routes
