"""The app: every route of control behind one authentication, under /api/v1, with one way to answer errors."""

import functools
import json
from collections.abc import Callable, Iterable

from fastapi import FastAPI, Response

from unshelf import __version__
from unshelf.api.authentication import Authenticate, Authentication, OnRefusal
from unshelf.api.body_limit import BodyLimit, BodyLimits
from unshelf.api.browser_sessions import BrowserSessions
from unshelf.api.caller_shares import CallerShares
from unshelf.api.declared_routes import DeclaredRoutes
from unshelf.api.head_requests import HeadRequests
from unshelf.api.openapi import describe_api
from unshelf.api.plain_addresses import PlainAddresses
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope, model_scope
from unshelf.foundation.web.guard import open_routes, requires_token, unguarded_routes
from unshelf.foundation.web.open_limiter import OpenLimiter
from unshelf.foundation.web.problems import UnexpectedErrors, answer_errors
from unshelf.foundation.web.routers import PREFIX, ApiRouter, operation_id


def create_app(
    routers: Iterable[ApiRouter],
    authenticate: Authenticate,
    body_limits: BodyLimits,
    on_refusal: OnRefusal,
    *,
    scope_of_model: Callable[[str], Scope] = model_scope,
    knows_model: Callable[[str], bool] = bool,
    scope_of_subject: Callable[[Actor, str, str], Scope] | None = None,
    sessions: BrowserSessions | None = None,
    public_url: str = "",
) -> FastAPI:
    """The app that serves these routers. A route that does not say who may use it stops the start.

    `body_limits` are for paths without the prefix: `{("POST", "/deploys"): 8_388_608}`. `on_refusal` is called with each 401
    and 403. `scope_of_model` finds the project and the visibility of a model by its name; `knows_model` says whether
    there ever was one of that name;
    `scope_of_subject` that of a subject by its kind and name, and raises NotFound or Forbidden for one that the actor may not see.
    `sessions`: who is logged in by a cookie. `public_url`: the address that callers reach the server by; empty: as each addresses it."""
    app = FastAPI(
        title="Unshelf",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    app.state.scope_of_model = scope_of_model
    app.state.knows_model = knows_model
    app.state.scope_of_subject = scope_of_subject
    app.state.public_url = public_url
    app.state.open_limiter = OpenLimiter()
    for router in [*routers, _openapi_router(app)]:
        app.router.routes.extend(router.routes)
    unguarded = unguarded_routes(app)
    if unguarded:
        raise RuntimeError(f"these routes do not say who may use them: {', '.join(unguarded)}")
    declared = DeclaredRoutes(app)
    open_to_all = open_routes(app)
    answer_errors(app, declared.verbs_of)
    # The last one added stands around all the others.
    limits = {(method, PREFIX + start): limit for (method, start), limit in body_limits.items()}
    app.add_middleware(PlainAddresses)
    app.add_middleware(HeadRequests)
    app.add_middleware(BodyLimit, limits=limits)
    app.add_middleware(CallerShares)
    app.add_middleware(
        Authentication,
        authenticate=authenticate,
        on_refusal=on_refusal,
        route_of=declared.name_of,
        is_open=lambda scope: declared.name_of(scope) in open_to_all,
        sessions=sessions,
    )
    app.add_middleware(UnexpectedErrors)
    return app


def _openapi_router(app: FastAPI) -> ApiRouter:
    routes = ApiRouter()

    @functools.cache  # it takes a second
    def document() -> bytes:
        return json.dumps(describe_api(app), ensure_ascii=False, separators=(",", ":")).encode()

    @routes.get("/openapi.json", include_in_schema=False, dependencies=[requires_token()])
    def openapi() -> Response:
        return Response(document(), media_type="application/json")

    return routes
