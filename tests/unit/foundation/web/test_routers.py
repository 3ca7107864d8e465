"""Routers of the API."""

from fastapi.routing import APIRoute

from unshelf.foundation.web.routers import PREFIX, ApiRouter


def test_routes_lie_under_the_prefix_and_are_named_for_their_functions() -> None:
    routes = ApiRouter(tags=["things"])

    @routes.get("/things/{name}")
    def show_thing(name: str) -> str:
        return name

    (made,) = routes.routes
    assert isinstance(made, APIRoute)
    assert (made.path, made.unique_id, made.tags) == (f"{PREFIX}/things/{{name}}", "show_thing", ["things"])
