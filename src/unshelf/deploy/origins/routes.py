"""Allowed origins of models over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.deploy.origins.schemas import AllowedOrigins, OriginChange
from unshelf.deploy.origins.service import OriginService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter


def router(origins: OriginService) -> ApiRouter:
    """`/models/{ref}/origins`."""
    routes = ApiRouter(tags=["models"])

    @routes.get(
        "/models/{ref}/origins",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_INSPECT, "ref")],
    )
    def show_origins(ref: str) -> AllowedOrigins:
        """Show the origins of the web pages whose scripts may call the model from a browser; none unless some were allowed."""
        name, allowed = origins.show(ref)
        return AllowedOrigins(name=name, origins=allowed)

    @routes.patch(
        "/models/{name}/origins",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_RELEASE, "name")],
    )
    def change_origins(name: str, wanted: OriginChange, actor: CurrentActor) -> AllowedOrigins:
        """Allow the scripts of web pages to call the model from a browser, or take that away. They need a token as every caller does."""
        allowed = origins.change(name, actor, allow=wanted.allow, remove=wanted.remove, reason=wanted.reason)
        return AllowedOrigins(name=name, origins=allowed)

    return routes
