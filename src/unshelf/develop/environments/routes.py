"""Environments over HTTP."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from unshelf.contracts.permissions import Permission
from unshelf.develop.environments.schemas import Environment, Environments
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers


def router(environments: EnvironmentService) -> APIRouter:
    """`GET /environments` and the lock of each."""
    routes = APIRouter(tags=["environments"])

    @routes.get("/environments", dependencies=[requires(Permission.ENVIRONMENTS_READ, anywhere=True)])
    def list_environments(actor: CurrentActor, limit: Limit = 1000, cursor: Cursor = None) -> Environments:
        """List the environments of the models that the actor may see, newest first."""
        page = environments.list_for(actor, limit=limit, cursor=cursor)
        return Environments(environments=page.map(Environment.model_validate), next_cursor=page.next_cursor)

    @routes.get(
        "/environments/{hash}/lock",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.ENVIRONMENTS_READ, anywhere=True)],
        response_class=PlainTextResponse,
    )
    def read_lock(hash: str, actor: CurrentActor) -> PlainTextResponse:
        """The pylock.toml: exact versions with hashes, fit for any installer that reads PEP 751."""
        return PlainTextResponse(environments.lock_for(actor, hash))

    return routes
