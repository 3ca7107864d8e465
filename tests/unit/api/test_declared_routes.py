"""Declared routes: a request by the name of its route, and the verbs that a path takes."""

import pytest
from fastapi import FastAPI

from unshelf.api.declared_routes import DeclaredRoutes, with_head


@pytest.fixture
def routes() -> DeclaredRoutes:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/models/{ref}")
    def show(ref: str) -> str:
        return ref

    @app.delete("/models/{ref}")
    def remove(ref: str) -> str:
        return ref

    @app.put("/models/latest")
    def put() -> None: ...

    return DeclaredRoutes(app)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/models/iris", "GET /models/{ref}"),
        ("HEAD", "/models/iris", "HEAD /models/{ref}"),
        ("PATCH", "/models/iris", "PATCH /models/{ref}"),
        ("GET", "/models/iris/more", "GET *"),
        ("BREW", "/nothing", "* *"),
    ],
)
def test_a_request_has_the_name_of_its_route(routes: DeclaredRoutes, method: str, path: str, name: str) -> None:
    assert routes.name_of({"method": method, "path": path}) == name


def test_a_path_takes_the_verbs_of_all_routes_that_match_it(routes: DeclaredRoutes) -> None:
    assert routes.verbs_of("/models/iris") == ["DELETE", "GET", "HEAD"]
    assert routes.verbs_of("/models/latest") == ["DELETE", "GET", "HEAD", "PUT"]
    assert routes.verbs_of("/nothing") == []


def test_head_comes_with_get_alone() -> None:
    assert with_head({"GET", "PUT"}) == {"GET", "HEAD", "PUT"}
    assert with_head({"PUT"}) == {"PUT"}
