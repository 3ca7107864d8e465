"""Dashboards over HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.deploy.registry.views import share_views
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.columns.schemas import MissingRoleView
from unshelf.monitor.dashboards.dashboard import ColumnState, Dashboard
from unshelf.monitor.dashboards.fleet import FleetModel, FleetService
from unshelf.monitor.dashboards.schemas import (
    ColumnBinsView,
    ColumnDriftView,
    ColumnStateView,
    ColumnStepView,
    ColumnSummaryView,
    DashboardMomentView,
    DashboardView,
    FleetModelView,
    FleetView,
    FrequentValueView,
    LatencyView,
    ReferenceStateView,
    TrafficStepView,
    TrafficView,
    VersionTraffic,
)
from unshelf.monitor.dashboards.service import DashboardQuestion, DashboardService, asked_of
from unshelf.monitor.drift.comparison import ColumnDrift
from unshelf.monitor.windows.window import ColumnSummary, TimeQuantiles, WindowFacts
from unshelf.records.selection import SINCE_RULE, parse_since

_INSPECT = [requires(Permission.MODEL_INSPECT, "ref")]
_TIME = f"As how long ago or a moment: {SINCE_RULE}."
Since = Annotated[str, Query(max_length=64, description=f"{_TIME} Unless given: seven days before the end.")]
Until = Annotated[str, Query(max_length=64, description=f"{_TIME} Unless given: now.")]
OfWindow = Annotated[
    int | None,
    Query(
        alias="window",
        ge=100,
        le=9_999_999,
        description="Steps are windows of that many predictions, as monitors have them.",
    ),
]
OfProject = Annotated[str | None, Query(max_length=64, description="Only this project.")]


def router(
    dashboards: DashboardService, fleet: FleetService, address: Callable[[str], tuple[str, int | None]]
) -> ApiRouter:
    """`/models/{ref}/dashboard` and `/fleet`. `address` finds model and version (None: all) of a reference, and raises NotFound."""
    routes = ApiRouter(tags=["monitoring"])

    def asked(ref: str, since: str, until: str, window: int | None = None) -> DashboardQuestion:
        return asked_of(*address(ref), _moment(since), _moment(until), window)

    @routes.get("/models/{ref}/dashboard", responses=problem_answers("not_found"), dependencies=_INSPECT)
    def show_dashboard(
        ref: str, actor: CurrentActor, since: Since = "", until: Until = "", window: OfWindow = None
    ) -> DashboardView:
        """Show what a model did in a range of time: traffic, latency, errors, its columns and how far they are from the reference.

        NAME means all versions together, with the columns of the one with the most requests; NAME:3 that version alone. With `window` steps
        are windows of that many predictions, of the version whose columns are shown."""
        return _dashboard(dashboards.show(actor, asked(ref, since, until, window)))

    @routes.get(
        "/models/{ref}/dashboard/column", responses=problem_answers("not_found"),
        dependencies=[requires(Permission.RECORDS_READ, "ref")],
    )  # fmt: skip
    def show_dashboard_column(
        ref: str,
        actor: CurrentActor,
        column: Annotated[str, Query(max_length=500)],
        since: Since = "",
        until: Until = "",
    ) -> ColumnBinsView:
        """Show the distribution of a column (`in:NAME` or `out:NAME`) in a range of time beside that of its reference."""
        found = dashboards.column(actor, asked(ref, since, until), column)
        return ColumnBinsView(
            column=found.column, labels=found.labels, reference=found.reference, window=found.window,
            now=None if found.now is None else _summary(found.now),
            before=None if found.before is None else _summary(found.before),
            drift=_drift(found.drift),
        )  # fmt: skip

    @routes.get(
        "/fleet",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_INSPECT, anywhere=True)],
    )
    def show_fleet(actor: CurrentActor, project: OfProject = None) -> FleetView:
        """List all models, those that need attention first: open alerts, failed requests, drift, silence."""
        found = fleet.show(actor, project=project)
        return FleetView(
            models=[_fleet_model(each) for each in found.models], total=found.total, counted_until=found.counted_until
        )

    return routes


def _moment(text: str) -> datetime | None:
    found = parse_since(text)
    return None if found is None else found.astimezone(UTC)


def _dashboard(found: Dashboard) -> DashboardView:
    return DashboardView(
        name=found.name, version=found.version, shown_version=found.shown_version, since=found.since, until=found.until,
        step_hours=24 if found.step_hours > 1 else 1,
        window=found.window, window_sizes=list(found.window_sizes), state=found.state, words=list(found.words),
        traffic=TrafficView(**_traffic(found.facts)), requests_before=found.requests_before,
        versions=[VersionTraffic(version=number, requests=count) for number, count in sorted(found.versions.items())],
        steps=[TrafficStepView(start=each.start, **_traffic(each.facts)) for each in found.steps],
        columns=[_column(each) for each in found.columns], reads_records=found.reads_records,
        reference=ReferenceStateView.model_validate(found.reference),
        moments=[DashboardMomentView.model_validate(each) for each in found.moments],
        missing=[MissingRoleView.model_validate(each) for each in found.missing], latest=found.latest,
    )  # fmt: skip


def _traffic(facts: WindowFacts) -> dict[str, Any]:
    return {
        "requests": facts.requests, "rows": facts.rows, "failed": facts.failed, "refused": facts.refused, "errors": dict(facts.errors),
        "latency": _latency(facts.latency), "queue": _latency(facts.queue),
    }  # fmt: skip


def _latency(latency: TimeQuantiles | None) -> LatencyView | None:
    return None if latency is None else LatencyView.model_validate(latency)


def _column(state: ColumnState) -> ColumnStateView:
    return ColumnStateView(
        column=state.column, side=state.side, name=state.name, now=_summary(state.now),
        before=None if state.before is None else _summary(state.before), reference=state.reference,
        drift=_drift(state.drift),
        steps=[ColumnStepView(start=each.start, **vars(_summary(each.summary))) for each in state.steps],
    )  # fmt: skip


def _drift(drift: ColumnDrift | None) -> ColumnDriftView | None:
    """Return how far a column is from its reference; distances that no number of JSON holds are left out."""
    if drift is None:
        return None
    far = drift.wasserstein
    return ColumnDriftView.model_validate(
        replace(drift, wasserstein=far if far is not None and isfinite(far) else None)
    )


def _summary(summary: ColumnSummary) -> ColumnSummaryView:
    top = [FrequentValueView(value=value, count=count) for value, count in summary.top]
    return ColumnSummaryView(
        **{name: value for name, value in vars(summary).items() if name not in ("top", "column")}, top=top
    )


def _fleet_model(model: FleetModel) -> FleetModelView:
    return FleetModelView(
        name=model.name, project=model.project, paused=model.paused, release=share_views(model.release), state=model.state,
        reasons=list(model.reasons), requests=model.requests, requests_week=model.requests_week, failed=model.failed,
        p99=model.p99, drifted=list(model.drifted), alerts=model.alerts, last_request=model.last_request,
    )  # fmt: skip
