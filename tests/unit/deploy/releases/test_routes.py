"""Releases over HTTP: who may do what, and what is answered."""

import pytest

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.deploying import ANA, Deploying
from unshelf.deploy.releases.routes import router


@pytest.fixture(autouse=True)
def _versions(deploying: Deploying) -> None:
    for content in (b"1", b"2"):
        deploying.register("iris", content)


def test_a_release_and_the_way_back_answer_with_the_live_shares(deploying: Deploying) -> None:
    call = caller_of(ANA, router(deploying.releases, deploying.pausing))
    whole = call("PUT", "/models/iris/release", json={"version": 1}).json()
    assert whole == {"name": "iris", "release": [{"version": 1, "percent": 100.0}]}
    split = call("PUT", "/models/iris/release", json={"version": 2, "percent": 25}).json()
    assert split["release"] == [{"version": 1, "percent": 75.0}, {"version": 2, "percent": 25.0}]
    assert call("POST", "/models/iris/rollback").json() == whole
    assert call("POST", "/models/iris/rollback").status_code == 409


@pytest.mark.parametrize(("named", "meant"), [("iris", "iris"), ("iris:2", "iris:2"), ("iris@champion", "iris:1")])
def test_pause_and_resume_say_what_was_meant(deploying: Deploying, named: str, meant: str) -> None:
    deploying.registry.set_alias("iris", "champion", 1, ANA)
    call = caller_of(ANA, router(deploying.releases, deploying.pausing))
    assert call("POST", f"/models/{named}/pause").json() == {"reference": meant, "paused": True}
    assert call("POST", f"/models/{named}/resume").json() == {"reference": meant, "paused": False}


@pytest.mark.parametrize("body", [{}, {"version": 0}, {"version": 1, "percent": 101}, {"version": 1, "share": 5}])
def test_a_release_that_can_not_be_is_refused(deploying: Deploying, body: dict[str, int]) -> None:
    call = caller_of(ANA, router(deploying.releases, deploying.pausing))
    assert call("PUT", "/models/iris/release", json=body).status_code in (404, 422)
    assert deploying.registry.inspect("iris").release == []


def test_a_model_of_others_is_forbidden(deploying: Deploying) -> None:
    for other in (actor("predict", ["iris"]), actor("deploy", ["wine"])):
        call = caller_of(other, router(deploying.releases, deploying.pausing))
        assert call("PUT", "/models/iris/release", json={"version": 1}).status_code == 403
        for verb in ("rollback", "pause", "resume"):
            assert call("POST", f"/models/iris/{verb}").status_code == 403
