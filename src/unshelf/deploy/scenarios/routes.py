"""Scenarios over HTTP."""

from typing import Any

from unshelf.contracts.permissions import Permission
from unshelf.deploy.scenarios.schemas import ScenarioChange, ScenarioDetail, ScenarioList, ScenarioRequest
from unshelf.deploy.scenarios.service import ScenarioFields, ScenarioService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

_PATH = "/models/{name}/scenarios"
_ONE = f"{_PATH}/{{id}}"
_MAY: dict[str, Any] = {"dependencies": [requires(Permission.MODEL_PREDICT, model_from="name")]}
_FAILS = problem_answers("not_found")


def router(scenarios: ScenarioService) -> ApiRouter:
    """`/models/{name}/scenarios`."""
    routes = ApiRouter(tags=["models"])

    @routes.get(_PATH, responses=_FAILS, **_MAY)
    def list_scenarios(name: str, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None) -> ScenarioList:
        """List the actor's own scenarios of the model and those that are shared, the oldest first."""
        page = scenarios.list_of(actor, name, limit=limit, cursor=cursor)
        return ScenarioList(scenarios=page.map(ScenarioDetail.model_validate), next_cursor=page.next_cursor)

    @routes.post(_PATH, status_code=201, responses=problem_answers("not_found", "conflict"), **_MAY)
    def save_scenario(name: str, wanted: ScenarioRequest, actor: CurrentActor) -> ScenarioDetail:
        """Save a scenario."""
        return ScenarioDetail.model_validate(scenarios.save(actor, name, _fields_of(wanted)))

    @routes.get(_ONE, responses=_FAILS, **_MAY)
    def show_scenario(name: str, id: str, actor: CurrentActor) -> ScenarioDetail:
        """Show a scenario that is the actor's own, or shared."""
        return ScenarioDetail.model_validate(scenarios.find(actor, name, id))

    @routes.patch(_ONE, responses=_FAILS, **_MAY)
    def change_scenario(name: str, id: str, wanted: ScenarioChange, actor: CurrentActor) -> ScenarioDetail:
        """Change one's own scenario, share it, or stop sharing it."""
        return ScenarioDetail.model_validate(scenarios.change(actor, name, id, _fields_of(wanted)))

    @routes.delete(_ONE, status_code=204, responses=_FAILS, **_MAY)
    def delete_scenario(name: str, id: str, actor: CurrentActor) -> None:
        """Delete one's own scenario, or, with `model.release`, one that somebody shares."""
        scenarios.delete(actor, name, id)

    return routes


def _fields_of(wanted: ScenarioRequest | ScenarioChange) -> ScenarioFields:
    return ScenarioFields(
        name=wanted.name, note=wanted.note, inputs=wanted.inputs, params=wanted.params, shared=wanted.shared
    )
