"""Environments over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse

from unshelf.develop.environments.schemas import Environments
from unshelf.develop.environments.service import EnvironmentService
from unshelf.manage.access import Principal, principal_of, requires

Caller = Annotated[Principal, Depends(principal_of)]


def router(environments: EnvironmentService) -> APIRouter:
    """`GET /environments` and the lock of each."""
    routes = APIRouter(tags=["environments"])

    @routes.get("/environments", dependencies=[requires("deploy")])
    def list_environments(caller: Caller) -> Environments:
        """The environments of the models that the key is good for."""
        return environments.list_for(caller)

    @routes.get("/environments/{hash}/lock", dependencies=[requires("deploy")], response_class=PlainTextResponse)
    def read_lock(hash: str, caller: Caller) -> PlainTextResponse:
        """The pylock.toml: exact versions with hashes, fit for any installer that reads PEP 751."""
        return PlainTextResponse(environments.lock_for(caller, hash))

    return routes
