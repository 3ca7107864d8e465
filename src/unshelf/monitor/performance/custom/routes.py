"""Custom metrics over HTTP; their values are shown with quality."""

from typing import Annotated, Any

from fastapi import Path, Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.performance.custom.metric import CustomMetric, MetricDefinition
from unshelf.monitor.performance.custom.schemas import (
    CustomMetricDetail,
    CustomMetricList,
    CustomMetricRequest,
    CustomMetricVersionView,
    CustomMetricView,
)
from unshelf.monitor.performance.custom.service import CustomMetricService, MetricState

_Metric = Annotated[str, Path(max_length=64)]


def router(metrics: CustomMetricService) -> ApiRouter:
    """`/models/{name}/quality/metrics`."""
    routes = ApiRouter(tags=["monitoring"])
    reads = [requires(Permission.RECORDS_READ, "name")]
    changes = [requires(Permission.MODEL_RELEASE, "name")]

    @routes.get("/models/{name}/quality/metrics", responses=problem_answers("not_found"), dependencies=reads)
    def list_custom_metrics(name: str, actor: CurrentActor) -> CustomMetricList:
        """List a model's metrics of its owner's own, and how their evaluation goes."""
        return CustomMetricList(metrics=[CustomMetricView(**_state(each)) for each in metrics.list_for(actor, name)])

    @routes.get("/models/{name}/quality/metrics/{metric}", responses=problem_answers("not_found"), dependencies=reads)
    def show_custom_metric(name: str, metric: _Metric, actor: CurrentActor) -> CustomMetricDetail:
        """Show a metric with the code of all its versions."""
        return _detail(*metrics.show(actor, name, metric))

    @routes.put("/models/{name}/quality/metrics/{metric}", responses=problem_answers("not_found"), dependencies=changes)
    def set_custom_metric(
        name: str, metric: _Metric, wanted: CustomMetricRequest, actor: CurrentActor
    ) -> CustomMetricDetail:
        """Set a metric: a function that is evaluated in the sandbox on the labelled predictions of each version, day and slice."""
        definition = MetricDefinition(
            code=wanted.code, function=wanted.function or metric, description=wanted.description, better=wanted.better,
            tier=wanted.tier,
        )  # fmt: skip
        metrics.set(actor, name, metric, definition, reason=wanted.reason)
        return _detail(*metrics.show(actor, name, metric))

    @routes.delete(
        "/models/{name}/quality/metrics/{metric}",
        status_code=204,
        responses=problem_answers("not_found"),
        dependencies=changes,
    )
    def remove_custom_metric(
        name: str, metric: _Metric, actor: CurrentActor, reason: Annotated[str, Query(max_length=1000)] = ""
    ) -> None:
        """Remove a metric with its values."""
        metrics.remove(actor, name, metric, reason=reason)

    return routes


def _state(state: MetricState) -> dict[str, Any]:
    definition = state.metric.definition
    return {
        "name": state.metric.name, "number": state.metric.number, "function": definition.function,
        "description": definition.description, "better": definition.better, "tier": definition.tier,
        "created_at": state.metric.created_at, "created_by": state.metric.created_by, "days": state.days,
        "problem": state.problem, "problem_days": state.problem_days, "note": state.note,
    }  # fmt: skip


def _detail(state: MetricState, versions: list[CustomMetric]) -> CustomMetricDetail:
    listed = [
        CustomMetricVersionView(
            number=each.number, function=each.definition.function, description=each.definition.description,
            better=each.definition.better, tier=each.definition.tier, code=each.definition.code,
            created_at=each.created_at, created_by=each.created_by,
        )
        for each in versions
    ]  # fmt: skip
    return CustomMetricDetail(**_state(state), versions=listed)
