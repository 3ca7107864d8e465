"""Polling, fetching and cancelling: for the key that asked, at any gateway, at every stage."""

import json
from typing import Any

import pytest

from tests.support.exchanges import Wire, an_exchange
from tests.unit.gateway.deferred.conftest import Play, Scene
from unshelf.contracts.deferred import DeferredAnswer, DeferredRequest
from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.deferred.queue import Lease
from unshelf.gateway.deferred.routes import DeferredRoute
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.routing.index import Caller

ID = f"d{1:028x}"
PATH = f"/models/iris/predictions/{ID}"


def put(scene: Scene, **fields: Any) -> None:
    values: dict[str, Any] = {
        "id": ID, "model": "iris", "version": 1, "reference": "iris", "protocol": "native", "key": "k1", "created_ns": 5,
        "content_type": "", "kind": 1, "header": 0,
    }  # fmt: skip
    scene.queue.put(DeferredRequest(**{**values, **fields}), [b"[1]"])


def take(scene: Scene) -> Lease:
    lease = scene.queue.take(ID)
    assert lease is not None
    return lease


def settle(scene: Scene) -> None:
    answer = DeferredAnswer(
        id=ID, model="iris", version=1, key="k1", outcome="succeeded", prediction_id="p", status=200,
        headers=[("content-type", "application/json"), ("x-own", "kept")], created_ns=5, begun_ns=6, finished_ns=7,
    )  # fmt: skip
    scene.queue.settle(take(scene), answer, b'{"outputs":[1]}')


async def ask(scene: Scene, method: str, path: str = PATH, caller: Caller | None = None) -> Wire:
    exchange, wire = an_exchange(method, path)
    await DeferredRoute(scene.runner).handle(exchange, caller or scene.caller)
    return wire


def test_one_that_waits_runs_and_is_finished_says_so(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        queued = await ask(scene, "GET")
        assert (json.loads(queued.body)["status"], queued.head["retry-after"]) == ("queued", "1")
        lease = take(scene)
        assert json.loads((await ask(scene, "GET")).body)["status"] == "running"
        lease.close()
        settle(scene)
        finished = await ask(scene, "GET")
        assert (json.loads(finished.body)["status"], json.loads(finished.body)["outputs"]) == ("succeeded", [1])
        assert "retry-after" not in finished.head

    play(story)


def test_the_answer_is_what_a_call_would_have_got(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        with pytest.raises(ProblemError, match="not finished") as refused:
            await ask(scene, "GET", f"{PATH}/answer")
        assert refused.value.code == "conflict"
        settle(scene)
        answer = await ask(scene, "GET", f"{PATH}/answer")
        assert (answer.head[":status"], answer.head["x-own"], answer.body) == ("200", "kept", b'{"outputs":[1]}')

    play(story)


def test_an_answer_that_is_deleted_is_gone(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        settle(scene)
        assert (await ask(scene, "DELETE")).head[":status"] == "204"
        with pytest.raises(ProblemError, match="no deferred prediction"):
            await ask(scene, "GET")

    play(story)


def test_a_cancellation_is_noted_for_whichever_gateway_has_it(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        shown = await ask(scene, "DELETE")
        assert (shown.head[":status"], json.loads(shown.body)["status"]) == ("202", "queued")
        assert scene.queue.is_cancelled(ID)

    play(story)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (PATH, "k2"), (f"/models/other/predictions/{ID}", "k1"), (f"/models/iris/predictions/d{2:028x}", "k1"),
        ("/models/iris/predictions/..", "k1"), ("/models/iris/predictions/x", "k1"), ("/models/iris/predictions/", "k1"),
        (f"{PATH}/more", "k1"),
    ],
)  # fmt: skip
def test_what_is_not_there_and_what_is_another_keys_look_the_same(play: Play, path: str, key: str) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        for method in ("GET", "DELETE"):
            with pytest.raises(ProblemError) as refused:
                await ask(scene, method, path, Caller(KeyRoute(id=key, name="x")))
            assert refused.value.code == "not_found"
        assert not scene.queue.is_cancelled(ID)

    play(story)


def test_a_key_that_manages_deferred_predictions_sees_those_of_others(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        manager = Caller(KeyRoute(id="k2", name="x", permissions=(Permission.DEFERRED_MANAGE,)))
        assert json.loads((await ask(scene, "GET", caller=manager)).body)["id"] == ID

    play(story)


def test_a_key_that_lost_the_model_is_forbidden(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        with pytest.raises(ProblemError) as refused:
            await ask(scene, "GET", caller=Caller(KeyRoute(id="k1", name="x", models=["other"])))
        assert refused.value.code == "forbidden"

    play(story)


@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("PUT", PATH), ("DELETE", f"{PATH}/answer")])
def test_other_methods_are_not_taken(play: Play, method: str, path: str) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        with pytest.raises(ProblemError) as refused:
            await ask(scene, method, path)
        assert refused.value.status == 405

    play(story)
