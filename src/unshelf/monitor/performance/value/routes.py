"""Values of predictions over HTTP; they are shown with quality."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.performance.value.rule import ValueCell, ValueRule
from unshelf.monitor.performance.value.schemas import ValueRuleRequest, ValueRuleView
from unshelf.monitor.performance.value.service import ValueService


def router(values: ValueService) -> ApiRouter:
    """`/models/{name}/quality/value`."""
    routes = ApiRouter(tags=["monitoring"])

    @routes.put(
        "/models/{name}/quality/value",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
    )
    def set_prediction_value(name: str, wanted: ValueRuleRequest, actor: CurrentActor) -> ValueRuleView:
        """Say what right and wrong predictions of a model are worth: quality then shows the value of each window."""
        cells = tuple(ValueCell(truth=cell.truth, answer=cell.answer, value=cell.value) for cell in wanted.cells)
        rule = ValueRule(unit=wanted.unit, cells=cells, over=wanted.over, under=wanted.under)
        values.set(actor, name, rule, reason=wanted.reason)
        return ValueRuleView.model_validate(rule)

    @routes.delete(
        "/models/{name}/quality/value",
        status_code=204,
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
    )
    def remove_prediction_value(name: str, actor: CurrentActor) -> None:
        """Forget what predictions of a model are worth."""
        values.set(actor, name, None)

    return routes
