"""Deploys over HTTP."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from unshelf.deploy.deploys.schemas import Deploy, DeployAccepted, DeployRequest
from unshelf.deploy.deploys.service import DeployService
from unshelf.manage.access import Principal, principal_of, requires

Caller = Annotated[Principal, Depends(principal_of)]


def router(deploys: DeployService) -> APIRouter:
    """Begin, see and follow deploys. Whether the key is good for the model is known once the deploy is."""
    routes = APIRouter(tags=["deploys"])

    @routes.post("/deploys", dependencies=[requires("deploy")], status_code=HTTPStatus.ACCEPTED)
    def begin_deploy(wanted: DeployRequest, caller: Caller) -> DeployAccepted:
        """Deploy a bundle whose files are all uploaded. Follow its steps at /deploys/{id}/events."""
        return DeployAccepted(id=deploys.begin(wanted, caller))

    @routes.get("/deploys/{id}", dependencies=[requires("deploy")])
    def show_deploy(id: str, caller: Caller) -> Deploy:
        """How far a deploy is, and how it ended."""
        return deploys.show(id, caller)

    @routes.get("/deploys/{id}/events", dependencies=[requires("deploy")], response_class=StreamingResponse)
    def follow_deploy(id: str, caller: Caller) -> StreamingResponse:
        """Its events as JSON lines: those so far at once, the others as they happen; the last has the step `end`."""
        return StreamingResponse(_lines(deploys.events(id, caller)), media_type="application/x-ndjson")

    return routes


async def _lines(events: AsyncIterator[str]) -> AsyncIterator[str]:
    async for event in events:
        yield event + "\n"
