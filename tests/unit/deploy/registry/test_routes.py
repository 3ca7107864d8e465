"""Models and aliases over HTTP: who may do what, and what is answered."""

import pytest

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.deploying import ANA, Deploying
from unshelf.deploy.registry.routes import router


def test_models_are_listed_by_page_for_those_who_may_see_them(deploying: Deploying) -> None:
    for name in ("iris", "wine"):
        deploying.register(name)
    call = caller_of(ANA, router(deploying.registry, deploying.places))
    first = call("GET", "/models", params={"limit": 1}).json()
    rest = call("GET", "/models", params={"cursor": first["next_cursor"]}).json()
    assert [model["name"] for model in (*first["models"], *rest["models"])] == ["iris", "wine"]
    assert call("GET", "/models", params={"limit": 0}).status_code == 422
    seen = caller_of(actor("predict", ["wine"]), router(deploying.registry, deploying.places))("GET", "/models").json()
    assert [model["name"] for model in seen["models"]] == ["wine"]


def test_limits_and_aliases_are_set_and_removed(deploying: Deploying) -> None:
    deploying.register("iris")
    call = caller_of(ANA, router(deploying.registry, deploying.places))
    assert call("PUT", "/models/iris/limits", json={"rate": 5}).json()["rate"] == 5
    assert call("PUT", "/models/iris/aliases/champion", json={"version": 1}).json() == {"aliases": {"champion": 1}}
    shown = call("GET", "/models/iris@champion").json()
    assert (shown["limits"]["rate"], shown["version"]["version"]) == (5, 1)
    for path in ("/models/iris/limits", "/models/iris/limits", "/models/iris/aliases/champion", "/models/iris"):
        assert call("DELETE", path).status_code == 204, path
    assert call("GET", "/models/iris").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/models/iris", None),
        ("DELETE", "/models/iris", None),
        ("PUT", "/models/iris/limits", {"rate": 5}),
        ("DELETE", "/models/iris/limits", None),
        ("PUT", "/models/iris/aliases/a", {"version": 1}),
        ("DELETE", "/models/iris/aliases/a", None),
    ],
)
def test_a_model_of_others_is_forbidden(
    deploying: Deploying, method: str, path: str, body: dict[str, int] | None
) -> None:
    deploying.register("iris")
    for other in (actor("predict", ["iris"]), actor("deploy", ["wine"])):
        assert (
            caller_of(other, router(deploying.registry, deploying.places))(method, path, json=body).status_code == 403
        )
