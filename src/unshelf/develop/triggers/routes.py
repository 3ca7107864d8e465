"""Triggers over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.develop.triggers.schemas import (
    TriggerCall,
    TriggerChangeRequest,
    TriggerList,
    TriggerRequest,
    TriggerStartList,
    TriggerStartView,
    TriggerView,
)
from unshelf.develop.triggers.service import TriggerOrder, TriggerService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

_READ = [requires(Permission.JOBS_READ, anywhere=True, hides=True)]
_RUN = [requires(Permission.JOBS_RUN, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")


def router(triggers: TriggerService) -> ApiRouter:
    """`/triggers`."""
    routes = ApiRouter(tags=["triggers"])
    _add_all(routes, triggers)
    _add_one(routes, triggers)
    return routes


def _add_all(routes: ApiRouter, triggers: TriggerService) -> None:
    @routes.get("/triggers", dependencies=_READ)
    def list_triggers(
        actor: CurrentActor,
        project: Annotated[str | None, Query(description="Only those of this project.")] = None,
        target: Annotated[str | None, Query(description="Only those that start this.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> TriggerList:
        """List the triggers that one may see, the newest first."""
        page = triggers.list_for(actor, project=project, target=target, limit=limit, cursor=cursor)
        return TriggerList(triggers=page.map(TriggerView.model_validate), next_cursor=page.next_cursor)

    @routes.post("/triggers", responses=problem_answers("not_found", "conflict"), status_code=201, dependencies=_RUN)
    def set_trigger(wanted: TriggerRequest, actor: CurrentActor) -> TriggerView:
        """Have something started when something happens, or when somebody calls."""
        return TriggerView.model_validate(triggers.create(actor, TriggerOrder(**wanted.model_dump())))


def _add_one(routes: ApiRouter, triggers: TriggerService) -> None:
    @routes.get("/triggers/{id}", responses=_MISSING, dependencies=_READ)
    def show_trigger(id: str, actor: CurrentActor) -> TriggerView:
        """Show a trigger."""
        return TriggerView.model_validate(triggers.show(actor, id))

    @routes.patch("/triggers/{id}", responses=_MISSING, dependencies=_RUN)
    def change_trigger(id: str, wanted: TriggerChangeRequest, actor: CurrentActor) -> TriggerView:
        """Pause a trigger, or have it go on. From then on its starts need the rights of who did."""
        return TriggerView.model_validate(triggers.set_state(actor, id, wanted.state))

    @routes.delete("/triggers/{id}", responses=_MISSING, status_code=204, dependencies=_RUN)
    def delete_trigger(id: str, actor: CurrentActor) -> None:
        """Delete a trigger. What it started goes on."""
        triggers.delete(actor, id)

    @routes.post(
        "/triggers/{id}/call",
        responses=problem_answers("not_found", "conflict", "too_many_requests"),
        dependencies=_RUN,
    )
    def call_trigger(id: str, wanted: TriggerCall, actor: CurrentActor) -> TriggerStartView:
        """Have a trigger that waits for calls start its target, as a webhook of another system does with a key of its own."""
        return TriggerStartView.model_validate(triggers.call(actor, id, key=wanted.key, body=wanted.body))

    @routes.get("/triggers/{id}/starts", responses=_MISSING, dependencies=_READ)
    def list_trigger_starts(
        id: str, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None
    ) -> TriggerStartList:
        """List what a trigger did, the last first."""
        page = triggers.starts(actor, id, limit=limit, cursor=cursor)
        return TriggerStartList(starts=page.map(TriggerStartView.model_validate), next_cursor=page.next_cursor)
