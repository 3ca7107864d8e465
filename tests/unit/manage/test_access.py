"""Who may do what: roles include each other, models restrict, a route that says nothing is found."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI

from unshelf.foundation.errors import Forbidden
from unshelf.manage.access import Principal, Role, principal_of, requires, unguarded_routes


def key(role: Role, models: tuple[str, ...] | None = None) -> Principal:
    return Principal(id="k1", name="ci", role=role, models=models)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("predict", ["predict"]), ("deploy", ["predict", "deploy"]), ("admin", ["predict", "deploy", "admin"])],
)
def test_each_role_includes_the_ones_below_it(role: Role, allowed: list[Role]) -> None:
    roles: list[Role] = ["predict", "deploy", "admin"]
    assert [wanted for wanted in roles if key(role).may(wanted)] == allowed


@pytest.mark.parametrize(
    ("models", "model", "may"),
    [
        (None, "iris", True),
        (("iris",), "iris", True),
        (("iris",), "iris-2", False),
        (("credit-*", "iris"), "credit-risk", True),
        (("credit-*",), "iris", False),
        (("CREDIT",), "credit", False),
        ((), "iris", False),
    ],
)
def test_models_restrict_a_key(models: tuple[str, ...] | None, model: str, may: bool) -> None:
    assert key("deploy", models).may("deploy", model) is may


def test_a_refusal_says_which_role_is_missing() -> None:
    with pytest.raises(Forbidden, match="has the role predict; this needs deploy") as refused:
        key("predict").must("deploy")
    assert "--role deploy" in refused.value.hint


def test_a_refusal_says_which_model_the_key_is_not_good_for() -> None:
    with pytest.raises(Forbidden, match="not good for the model 'iris'"):
        key("admin", ("credit-*",)).must("predict", "iris")


def test_a_route_that_states_no_requirement_is_found_however_deep_it_is_mounted() -> None:
    inner, outer, app = APIRouter(), APIRouter(), FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @inner.get("/guarded", dependencies=[requires("admin")])
    def guarded() -> None: ...

    @inner.get("/named-only")
    def named_only(caller: Annotated[Principal, Depends(principal_of)]) -> None: ...

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

    app.include_router(routes, dependencies=[requires("admin")])
    assert unguarded_routes(app) == []
