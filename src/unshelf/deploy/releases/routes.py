"""Releases over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends

from unshelf.contracts.routing import Share as LiveShare
from unshelf.deploy.registry.schemas import Share
from unshelf.deploy.releases.schemas import Paused, Release, ReleaseRequest
from unshelf.deploy.releases.service import ReleaseService
from unshelf.manage.access import Principal, principal_of, requires

Caller = Annotated[Principal, Depends(principal_of)]


def router(releases: ReleaseService) -> APIRouter:
    """Release, rollback, pause and resume."""
    routes = APIRouter(tags=["releases"])

    @routes.put("/models/{name}/release", dependencies=[requires("deploy", "name")])
    def release_version(name: str, wanted: ReleaseRequest, caller: Caller) -> Release:
        """Give a version its share of the traffic; the others that are live share the rest as before."""
        return _shown(name, releases.release(name, wanted.version, wanted.percent, caller.label))

    @routes.post("/models/{name}/rollback", dependencies=[requires("deploy", "name")])
    def roll_back(name: str, caller: Caller) -> Release:
        """Go back to the release before the present one."""
        return _shown(name, releases.roll_back(name, caller.label))

    @routes.post("/models/{ref}/pause", dependencies=[requires("deploy", "ref")])
    def pause(ref: str, caller: Caller) -> Paused:
        """Answer predictions of the model, or of the one version named, with 503 `paused` until it is resumed."""
        return Paused(reference=str(releases.set_paused(ref, caller.label, paused=True)), paused=True)

    @routes.post("/models/{ref}/resume", dependencies=[requires("deploy", "ref")])
    def resume(ref: str, caller: Caller) -> Paused:
        """Take predictions again."""
        return Paused(reference=str(releases.set_paused(ref, caller.label, paused=False)), paused=False)

    return routes


def _shown(name: str, shares: list[LiveShare]) -> Release:
    return Release(name=name, release=[Share(version=share.version, percent=share.percent) for share in shares])
