"""Exports over HTTP."""

from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.exports.grafana import dashboard_of
from unshelf.monitor.exports.prometheus import as_yaml, rules_of
from unshelf.monitor.monitors.monitor import Monitor
from unshelf.monitor.monitors.service import MonitorService

YAML = "application/yaml"
_PAGE = 1000
_READ = [requires(Permission.MODEL_INSPECT, anywhere=True)]
_MISSING = problem_answers("not_found")
OfModel = Annotated[str | None, Query(max_length=64, description="Only this model.")]


def router(monitors: MonitorService, address: str) -> ApiRouter:
    """`/monitors/export`. `address`: this server's, for links in alerts; empty: it is not set."""
    routes = ApiRouter(tags=["monitors"])

    @routes.get(
        "/monitors/export/prometheus", dependencies=_READ, response_class=Response,
        responses=_MISSING | {200: {"content": {YAML: {"schema": {"type": "string"}}}, "description": "A file of rules."}},
    )  # fmt: skip
    def export_prometheus_rules(actor: CurrentActor, model: OfModel = None) -> Response:
        """Return the monitors of the models that one may see as alert rules of Prometheus, and some about the platform."""
        text = as_yaml(rules_of(_all(monitors, actor, model), address.rstrip("/")))
        headers = {"Content-Disposition": "attachment; filename=unshelf-rules.yml"}
        return Response(f"{text}\n", media_type=YAML, headers=headers)

    @routes.get("/monitors/export/grafana", dependencies=_READ, responses=_MISSING)
    def export_grafana_dashboard(actor: CurrentActor, model: OfModel = None) -> dict[str, Any]:
        """Return the monitors of the models that one may see as a Grafana dashboard, with their thresholds."""
        return dashboard_of(_all(monitors, actor, model))

    return routes


def _all(monitors: MonitorService, actor: Actor, model: str | None) -> list[Monitor]:
    found: list[Monitor] = []
    cursor: str | None = None
    while True:
        page = monitors.list_for(actor, model=model, limit=_PAGE, cursor=cursor)
        found += [each.monitor for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found
