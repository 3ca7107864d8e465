"""The guard: a route that says nothing is found, however deep it is mounted."""

from fastapi import APIRouter, FastAPI

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires, requires_token, unguarded_routes


def test_a_route_that_states_no_requirement_is_found_however_deep_it_is_mounted() -> None:
    inner, outer, app = APIRouter(), APIRouter(), FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @inner.get("/guarded", dependencies=[requires(Permission.KEYS_MANAGE)])
    def guarded() -> None: ...

    @inner.get("/for-every-actor", dependencies=[requires_token()])
    def for_every_actor() -> None: ...

    @inner.get("/named-only")
    def named_only(actor: CurrentActor) -> None: ...

    @outer.get("/open")
    def open_to_all() -> None: ...

    outer.include_router(inner, prefix="/inner")
    app.include_router(outer, prefix="/api")
    app.mount("/files", FastAPI(openapi_url=None))
    assert sorted(unguarded_routes(app)) == ["/api/inner/named-only", "/api/open", "/files"]


def test_a_requirement_on_the_router_counts_for_its_routes() -> None:
    routes, app = APIRouter(), FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @routes.get("/one")
    def one() -> None: ...

    app.include_router(routes, dependencies=[requires(Permission.KEYS_MANAGE)])
    assert unguarded_routes(app) == []
