"""Monitors over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.foundation.web.schemas import Moment
from unshelf.monitor.monitors.comparison import ColumnComparisons
from unshelf.monitor.monitors.runs import MonitorRuns
from unshelf.monitor.monitors.schemas import (
    ColumnComparisonView,
    MonitorChangeRequest,
    MonitorList,
    MonitorRequest,
    MonitorResultList,
    MonitorResultView,
    MonitorRunRequest,
    MonitorRunView,
    MonitorView,
)
from unshelf.monitor.monitors.service import MonitorService

_MISSING = problem_answers("not_found")
_OF_MODEL = "/models/{name}/monitors"
_ONE = f"{_OF_MODEL}/{{monitor}}"
_READ = [requires(Permission.MODEL_INSPECT, "name")]
_READ_RECORDS = [requires(Permission.RECORDS_READ, "name")]
_CHANGE = [requires(Permission.MODEL_DEPLOY, "name")]


def router(monitors: MonitorService, runs: MonitorRuns, comparisons: ColumnComparisons) -> ApiRouter:
    """`/monitors` and `/models/{name}/monitors`."""
    routes = ApiRouter(tags=["monitors"])
    _add_lists(routes, monitors, runs)
    _add_one(routes, monitors)
    _add_results(routes, monitors, comparisons)
    return routes


def _add_lists(routes: ApiRouter, monitors: MonitorService, runs: MonitorRuns) -> None:
    @routes.get("/monitors", dependencies=[requires(Permission.MODEL_INSPECT, anywhere=True)])
    def list_monitors(actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None) -> MonitorList:
        """List the monitors of the models that one may see, by model, with what each found last. A page has whole models."""
        page = monitors.list_for(actor, limit=limit, cursor=cursor)
        return MonitorList(monitors=page.map(MonitorView.of), next_cursor=page.next_cursor)

    @routes.get(_OF_MODEL, responses=_MISSING, dependencies=_READ)
    def list_monitors_of_model(name: str, actor: CurrentActor) -> MonitorList:
        """List the monitors of a model: those that every model has, as they were changed, and those that were added."""
        page = monitors.list_for(actor, model=name, limit=1)
        return MonitorList(monitors=page.map(MonitorView.of), next_cursor=None)

    @routes.post(_OF_MODEL, responses=problem_answers("not_found", "conflict"), status_code=201, dependencies=_CHANGE)
    def add_monitor(name: str, wanted: MonitorRequest, actor: CurrentActor) -> MonitorView:
        """Add a monitor to a model."""
        monitors.add(actor, name, wanted.name, wanted.kind, wanted.change())
        return MonitorView.of(monitors.show(actor, name, wanted.name))

    @routes.post(f"{_OF_MODEL}/run", responses=_MISSING, dependencies=_CHANGE)
    def run_monitors(name: str, wanted: MonitorRunRequest, actor: CurrentActor) -> MonitorRunView:
        """Have monitors judge windows now, also those of the past, which raise no alert. It goes on for some seconds; where it is not
        done by then, ask again from `reached` on."""
        return MonitorRunView.model_validate(runs.run(actor, name, monitor=wanted.monitor, since=wanted.since))


def _add_one(routes: ApiRouter, monitors: MonitorService) -> None:
    @routes.get(_ONE, responses=_MISSING, dependencies=_READ)
    def show_monitor(name: str, monitor: str, actor: CurrentActor) -> MonitorView:
        """Show a monitor, and what it found last."""
        return MonitorView.of(monitors.show(actor, name, monitor))

    @routes.patch(_ONE, responses=_MISSING, dependencies=_CHANGE)
    def change_monitor(name: str, monitor: str, wanted: MonitorChangeRequest, actor: CurrentActor) -> MonitorView:
        """Change, pause or resume a monitor. What it found before stays; windows that are judged from now on are judged by the change."""
        monitors.change(actor, name, monitor, wanted.change())
        return MonitorView.of(monitors.show(actor, name, monitor))

    @routes.delete(_ONE, responses=problem_answers("not_found", "conflict"), status_code=204, dependencies=_CHANGE)
    def delete_monitor(name: str, monitor: str, actor: CurrentActor) -> None:
        """Delete a monitor and what it found; one that every model has becomes as it was before it was changed."""
        monitors.delete(actor, name, monitor)


def _add_results(routes: ApiRouter, monitors: MonitorService, comparisons: ColumnComparisons) -> None:
    @routes.get(f"{_ONE}/results", responses=_MISSING, dependencies=_READ_RECORDS)
    def list_monitor_results(
        name: str,
        monitor: str,
        actor: CurrentActor,
        *,
        version: Annotated[int | None, Query(ge=1, le=999_999_999, description="Only of this version.")] = None,
        since: Annotated[Moment | None, Query(description="Windows that begin at this moment or later.")] = None,
        until: Annotated[Moment | None, Query(description="Windows that begin before this moment.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> MonitorResultList:
        """List what a monitor found, the newest window first."""
        page = monitors.results(
            actor, name, monitor, version=version, since=since, until=until, limit=limit, cursor=cursor
        )
        return MonitorResultList(results=page.map(MonitorResultView.of), next_cursor=page.next_cursor)

    @routes.get(f"{_ONE}/comparison", responses=_MISSING, dependencies=_READ_RECORDS)
    def compare_column(
        name: str,
        monitor: str,
        actor: CurrentActor,
        *,
        column: Annotated[str, Query(max_length=500, description="The column, as the monitor names it.")],
        since: Annotated[Moment, Query(description="A moment in the window.")],
        version: Annotated[int, Query(ge=1, le=999_999_999, description="The version.")],
    ) -> ColumnComparisonView:
        """Show a column in a window beside the reference: the share of its values in each bin."""
        found = comparisons.of(actor, name, monitor, column=column, since=since, version=version)
        return ColumnComparisonView.model_validate(found)
