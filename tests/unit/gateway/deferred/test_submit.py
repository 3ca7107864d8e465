"""A request that may be answered later is on the disk before it is accepted, or refused as any other."""

import asyncio
import json
from urllib.parse import urljoin

import pytest

from tests.unit.gateway.deferred.conftest import OPTIONS, Play, Scene
from unshelf.contracts.bundle import Recording
from unshelf.contracts.deferred import DeferredAnswer
from unshelf.contracts.routing import KeyRoute, RequestLimits
from unshelf.gateway.deferred.submit import DeferredSubmission
from unshelf.gateway.http.response import Response
from unshelf.gateway.prediction import Trace
from unshelf.gateway.routing.index import Caller
from unshelf.gateway.telemetry.traces import traceparent_of


async def submit(scene: Scene, prefer: str = "respond-async", content: bytes = b"[1]", **fields: object) -> Response | None:  # fmt: skip
    submission = DeferredSubmission(scene.pipeline, scene.runner)
    return await submission.submit(
        scene.request(**fields), scene.body(content), prefer, target="/models/iris/predict?x=1"
    )


def test_an_accepted_request_lies_in_the_queue_under_its_address(play: Play) -> None:
    async def story(scene: Scene) -> None:
        response = await submit(scene, content=b'{"inputs":[1]}', timeout="2.5")
        assert response is not None
        headers, shown = dict(response.headers), json.loads(response.body)
        assert (response.status, headers["preference-applied"], shown["status"]) == (202, "respond-async", "queued")
        assert shown["url"] == f"/models/iris/predictions/{shown['id']}"
        for prefix in ("", "/behind/a/proxy"):
            asked = f"https://models.example.org{prefix}/models/iris/predict"
            assert urljoin(asked, headers["location"]) == f"https://models.example.org{prefix}{shown['url']}"
        lease = scene.queue.take(shown["id"])
        assert lease is not None
        request = lease.request
        assert (lease.read_body(), request.version, request.key, request.timeout) == (b'{"inputs":[1]}', 1, "k1", 2.5)
        lease.close()
        assert scene.runner.present() == {("iris", 1): 1}
        assert scene.recorded() == [], "it is recorded once it is run"

    play(story)


@pytest.mark.parametrize("prefer", ["", "wait=5", "return=minimal"])
def test_who_does_not_ask_for_it_is_answered_as_usual(play: Play, prefer: str) -> None:
    async def story(scene: Scene) -> None:
        assert await submit(scene, prefer) is None

    play(story)


def test_what_must_not_stand_on_a_disk_is_not_deferred(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.publish(recording=Recording(redact=["x"]))
        assert await submit(scene) is None
        assert scene.queue.tickets() == {}

    play(story)


def test_the_trace_of_the_caller_goes_on_when_it_is_run(play: Play) -> None:
    async def story(scene: Scene) -> None:
        parent = traceparent_of(Trace(trace_id="a" * 32, parent_id="", span_id="b" * 16, sampled=True))
        await submit(scene, traceparent=parent)
        (id,) = scene.queue.tickets()
        found = scene.queue.find(id)
        assert found is not None
        assert found[0].traceparent == parent

    play(story)


def test_refusals_are_answered_and_recorded_at_once(play: Play) -> None:
    async def story(scene: Scene) -> None:
        too_large = await submit(scene, content=bytes(101))
        bad_deadline = await submit(scene, timeout="soon")
        scene.publish(paused=True)
        paused = await submit(scene)
        statuses = [response.status for response in (too_large, bad_deadline, paused) if response is not None]
        assert statuses == [413, 400, 503]
        assert len(scene.recorded()) == 3
        assert scene.queue.tickets() == {}

    play(story)


def test_a_key_that_is_at_its_limit_is_refused_and_an_accepted_request_takes_no_place(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.caller = Caller(KeyRoute(id="k1", name="tests", limits=RequestLimits(concurrency=1)))
        answers = [await submit(scene) for _ in range(2)]
        assert [answer.status for answer in answers if answer] == [202, 202]

    play(story)


def test_a_full_queue_refuses_by_number_and_by_size(play: Play) -> None:
    async def story(scene: Scene) -> None:
        told = []
        for key in ("k1", "k1", "k1", "k2", "k2", "k3"):
            scene.caller = Caller(KeyRoute(id=key, name=key))
            answer = await submit(scene)
            assert answer is not None
            told.append((answer.status, "" if answer.status == 202 else json.loads(answer.body)["code"]))
        refused = (429, "too_many_requests")  # one key leaves a place to others
        assert told == [(202, "")] * 2 + [refused, (202, "")] + [(503, "overloaded")] * 2
        assert OPTIONS.queue == 3

    play(story)


def test_a_disk_that_takes_nothing_refuses(play: Play) -> None:
    async def story(scene: Scene) -> None:
        (scene.folder / "deferred").write_bytes(b"a file where the folder should be")
        refused = await submit(scene)
        assert refused is not None
        assert (refused.status, json.loads(refused.body)["code"]) == (503, "unavailable")
        assert len(scene.recorded()) == 1

    play(story)


def test_an_answer_that_comes_within_the_wait_is_given_and_kept_no_longer(play: Play) -> None:
    async def story(scene: Scene) -> None:
        submitting = asyncio.create_task(submit(scene, "respond-async, wait=10"))
        while not scene.queue.tickets():  # noqa: ASYNC110 -- in virtual time
            await asyncio.sleep(0.1)
        (id,) = scene.queue.tickets()
        lease = scene.queue.take(id)
        assert lease is not None
        answer = DeferredAnswer(
            id=id, model="iris", version=1, key="k1", outcome="succeeded", prediction_id="p", status=200,
            headers=[("content-type", "application/json")], created_ns=5, begun_ns=6, finished_ns=7,
        )  # fmt: skip
        scene.queue.settle(lease, answer, b"[1]")
        response = await submitting
        assert response == Response(200, (("content-type", "application/json"),), b"[1]")
        assert not scene.queue.has_answer(id)

    play(story)


def test_a_wait_that_passes_ends_with_the_acceptance(play: Play) -> None:
    async def story(scene: Scene) -> None:
        begun = asyncio.get_running_loop().time()
        response = await submit(scene, "respond-async, wait=10")
        assert response is not None
        assert response.status == 202
        assert asyncio.get_running_loop().time() - begun == pytest.approx(10, abs=0.1)

    play(story)
