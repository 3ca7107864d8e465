"""Deploys over HTTP."""

from collections.abc import AsyncIterator
from http import HTTPStatus

from fastapi.responses import StreamingResponse

from unshelf.contracts.permissions import Permission
from unshelf.deploy.deploys.schemas import (
    Deploy,
    DeployAccepted,
    DeployedFiles,
    DeployRequest,
    Deploys,
    FileDeployRequest,
    ListedState,
)
from unshelf.deploy.deploys.service import DeployService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers, stream_answer
from unshelf.foundation.web.routers import ApiRouter


def router(deploys: DeployService) -> ApiRouter:
    """Begin, list, see, follow and cancel deploys. Whether the key is good for the model is known once the deploy is."""
    routes = ApiRouter(tags=["deploys"])

    @routes.post(
        "/deploys",
        responses=problem_answers("conflict"),
        dependencies=[requires(Permission.MODEL_DEPLOY, anywhere=True)],
        status_code=HTTPStatus.ACCEPTED,
    )
    def begin_deploy(wanted: DeployRequest, actor: CurrentActor) -> DeployAccepted:
        """Deploy a bundle whose files are all uploaded. Follow its steps at /deploys/{id}/events."""
        return DeployAccepted(id=deploys.begin(wanted, actor))

    @routes.get("/deploys", dependencies=[requires(Permission.DEPLOYS_READ, anywhere=True)])
    def list_deploys(
        actor: CurrentActor,
        state: ListedState = "all",
        model: str | None = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Deploys:
        """List the deploys that the actor may see, the newest first."""
        page = deploys.list_for(actor, state=state, model=model, limit=limit, cursor=cursor)
        return Deploys(deploys=page.items, next_cursor=page.next_cursor)

    @routes.get(
        "/deploys/{id}",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.DEPLOYS_READ, anywhere=True)],
    )
    def show_deploy(id: str, actor: CurrentActor) -> Deploy:
        """How far a deploy is, and how it ended."""
        return deploys.show(id, actor)

    @routes.post(
        "/deploys/{id}/cancel",
        responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.MODEL_DEPLOY, anywhere=True)],
    )
    def cancel_deploy(id: str, actor: CurrentActor) -> Deploy:
        """End a running deploy: its lock, build or check is stopped at once, and nothing of it stays. It then fails with `cancelled`."""
        return deploys.cancel(id, actor)

    @routes.get(
        "/deploys/{id}/events",
        responses=stream_answer("application/x-ndjson", "An event a line.") | problem_answers("not_found"),
        dependencies=[requires(Permission.DEPLOYS_READ, anywhere=True)],
        response_class=StreamingResponse,
    )
    def follow_deploy(id: str, actor: CurrentActor) -> StreamingResponse:
        """Stream a deploy's events as JSON lines: past ones at once, the others as they happen; the last has the step `end`."""
        return StreamingResponse(_lines(deploys.events(id, actor)), media_type="application/x-ndjson")

    return routes


def file_router(deploys: DeployService) -> ApiRouter:
    """Begin deploys of uploaded files, and see what they were asked for."""
    routes = ApiRouter(tags=["deploys"])

    @routes.post(
        "/deploys/files",
        responses=problem_answers("conflict", "not_found"),
        dependencies=[requires(Permission.MODEL_DEPLOY, anywhere=True)],
        status_code=HTTPStatus.ACCEPTED,
    )
    def begin_deploy_of_files(wanted: FileDeployRequest, actor: CurrentActor) -> DeployAccepted:
        """Deploy uploaded files as `unshelf deploy PATH` would: a sandboxed process of the host makes the bundle, as the step `bundle`."""
        return DeployAccepted(id=deploys.begin_with_files(wanted, actor))

    @routes.get(
        "/deploys/{id}/files",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_DEPLOY, anywhere=True)],
    )
    def show_deployed_files(id: str, actor: CurrentActor) -> DeployedFiles:
        """Show the request for a deploy of uploaded files, to change it and try again; kept while it runs, and for a day if it fails."""
        return deploys.files(id, actor)

    return routes


async def _lines(events: AsyncIterator[str]) -> AsyncIterator[str]:
    async for event in events:
        yield event + "\n"
