"""Releases over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.pausing import PauseService
from unshelf.deploy.registry.views import share_views
from unshelf.deploy.releases.schemas import Paused, Release, ReleaseRequest
from unshelf.deploy.releases.service import ReleaseService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter


def router(releases: ReleaseService, pausing: PauseService) -> ApiRouter:
    """Release, rollback, pause and resume."""
    routes = ApiRouter(tags=["releases"])

    @routes.put(
        "/models/{name}/release",
        responses=problem_answers("not_found", "conflict", "quota_exceeded"),
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
    )
    def release_version(name: str, wanted: ReleaseRequest, actor: CurrentActor) -> Release:
        """Give a version its share of the traffic; the others that are live share the rest as before."""
        return _release_view(name, releases.release(name, wanted.version, wanted.percent, actor))

    @routes.post(
        "/models/{name}/rollback",
        responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
    )
    def roll_back(name: str, actor: CurrentActor) -> Release:
        """Go back to the release before the present one."""
        return _release_view(name, releases.roll_back(name, actor))

    @routes.post(
        "/models/{ref}/pause",
        responses=problem_answers("not_found", "runs_elsewhere"),
        dependencies=[requires(Permission.MODEL_RELEASE, "ref")],
    )
    def pause(ref: str, actor: CurrentActor) -> Paused:
        """Answer predictions of the model, or of the one version named, with 503 `paused` until it is resumed."""
        return Paused(reference=str(pausing.set_paused(ref, actor, paused=True)), paused=True)

    @routes.post(
        "/models/{ref}/resume",
        responses=problem_answers("not_found", "quota_exceeded"),
        dependencies=[requires(Permission.MODEL_RELEASE, "ref")],
    )
    def resume(ref: str, actor: CurrentActor) -> Paused:
        """Take predictions again."""
        return Paused(reference=str(pausing.set_paused(ref, actor, paused=False)), paused=False)

    return routes


def _release_view(name: str, shares: list[Share]) -> Release:
    return Release(name=name, release=share_views(shares))
