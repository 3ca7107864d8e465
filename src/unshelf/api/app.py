"""The app: every route of control behind one authentication, under /api/v1, with one way to answer errors."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from unshelf import __version__
from unshelf.api.authentication import Authenticate, Authentication
from unshelf.api.errors import UnexpectedErrors, answer_errors
from unshelf.api.limits import BodyLimit, BodyLimits
from unshelf.manage.access import requires, unguarded_routes

PREFIX = "/api/v1"


def create_app(routers: Iterable[APIRouter], authenticate: Authenticate, body_limits: BodyLimits) -> FastAPI:
    """The app that serves these routers. A route that does not say who may use it stops the start.

    `body_limits` are for paths without the prefix: `{("POST", "/deploys"): 8_388_608}`."""
    app = FastAPI(
        title="Unshelf",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    for router in [*routers, _openapi_router(app)]:
        app.include_router(router, prefix=PREFIX)
    unguarded = unguarded_routes(app)
    if unguarded:
        raise RuntimeError(f"these routes do not say who may use them: {', '.join(unguarded)}")
    answer_errors(app)
    # The last one added stands around all the others.
    limits = {(method, PREFIX + start): limit for (method, start), limit in body_limits.items()}
    app.add_middleware(BodyLimit, limits=limits)
    app.add_middleware(Authentication, authenticate=authenticate)
    app.add_middleware(UnexpectedErrors)
    return app


def _operation_id(route: APIRoute) -> str:
    """The function's name: short and stable names for clients generated from the schema."""
    return route.name


def _openapi_router(app: FastAPI) -> APIRouter:
    routes = APIRouter()

    @routes.get("/openapi.json", include_in_schema=False, dependencies=[requires("predict")])
    def openapi() -> dict[str, Any]:
        return _described(app)

    return routes


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, routes=app.routes, summary="The control API of Unshelf")
    schema.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"token": []}]
    return schema
