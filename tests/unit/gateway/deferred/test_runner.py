"""Requests of the queue are run in their order, so many at a time, and each comes to one kept answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.virtual_time import until
from tests.unit.gateway.deferred.conftest import Play, Scene
from unshelf.contracts.deferred import DeferredAnswer, DeferredRequest
from unshelf.contracts.protocols.host import Failed
from unshelf.gateway.deferred.queue import QueueEntry
from unshelf.gateway.deferred.runner import in_turn


def an_id(number: int) -> str:
    return f"d{number:028x}"


def put(scene: Scene, number: int = 1, **fields: Any) -> None:
    values: dict[str, Any] = {
        "id": an_id(number), "model": "iris", "version": 1, "reference": "iris", "protocol": "native", "key": "k1", "created_ns": 5,
        "content_type": "", "kind": 1, "header": 0,
    }  # fmt: skip
    scene.queue.put(DeferredRequest(**{**values, **fields}), [b"%d" % number])


@asynccontextmanager
async def working(scene: Scene) -> AsyncIterator[None]:
    task = asyncio.create_task(scene.runner.work())
    try:
        yield
    finally:
        await scene.runner.abandon()
        task.cancel()
        await asyncio.wait([task])


async def answer_of(scene: Scene, number: int = 1) -> DeferredAnswer:
    await until(lambda: scene.queue.has_answer(an_id(number)))
    found = scene.queue.answer(an_id(number))
    assert found is not None
    return found[0]


def test_keys_take_turns_whoever_asked_a_lot_before() -> None:
    asked = [QueueEntry(str(n), "iris", 1, 1, key) for n, key in enumerate("aaaaabac")]
    assert "".join(entry.key for entry in in_turn(asked)) == "abcaaaaa"
    assert [entry.id for entry in in_turn(asked) if entry.key == "a"] == ["0", "1", "2", "3", "4", "6"]


def test_the_oldest_is_run_first_and_no_more_at_a_time_than_may(play: Play) -> None:
    async def story(scene: Scene) -> None:
        for number in (1, 2):
            put(scene, number)
        async with working(scene):
            assert await scene.worker.request() == b"1"
            await asyncio.sleep(5)
            assert not scene.worker.has_request(), "one at a time"
            scene.worker.answer(1)
            assert await scene.worker.request() == b"2"
            scene.worker.answer(2, b"[2]")
            answers = [await answer_of(scene, number) for number in (1, 2)]
        assert [(answer.outcome, answer.status, answer.begun_ns > 0) for answer in answers] == [
            ("succeeded", 200, True)
        ] * 2
        assert scene.queue.tickets() == {}
        assert [record.input for record in scene.recorded()] == [b"1", b"2"]

    play(story)


def test_a_request_of_a_revoked_key_is_refused(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        scene.publish(keys={})
        async with working(scene):
            answer = await answer_of(scene)
        assert (answer.outcome, answer.status, answer.begun_ns) == ("failed", 401, 0)

    play(story)


def test_a_request_whose_version_is_gone_is_answered_and_not_kept_for_ever(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene, version=9)
        async with working(scene):
            assert (await answer_of(scene)).status == 404

    play(story)


def test_a_paused_version_lets_its_requests_wait(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        scene.publish(paused=True)
        async with working(scene):
            await asyncio.sleep(60)
            assert list(scene.queue.tickets()) == [an_id(1)]
            scene.publish()
            await scene.worker.request()
            scene.worker.answer(1)
            assert (await answer_of(scene)).outcome == "succeeded"

    play(story)


def test_one_that_is_cancelled_while_it_waits_is_never_run(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        scene.queue.cancel(an_id(1))
        async with working(scene):
            answer = await answer_of(scene)
            assert not scene.worker.has_request()
        assert (answer.outcome, answer.begun_ns) == ("cancelled", 0)

    play(story)


def test_one_that_is_cancelled_while_it_runs_is_taken_back(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        async with working(scene):
            await scene.worker.request()
            scene.queue.cancel(an_id(1))
            scene.runner.look()
            assert (await answer_of(scene)).outcome == "cancelled"

    play(story)


def test_a_model_that_fails_is_not_tried_again_and_a_host_that_is_away_is(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.host.failures.append(Failed(id=1, code="unavailable", detail="No worker."))
        put(scene)
        async with working(scene):
            await scene.worker.request()
            scene.worker.answer(1, b'{"code":"model_error","detail":"It raised."}', status=500)
            answer = await answer_of(scene)
            assert not scene.worker.has_request()
        assert (answer.outcome, answer.status) == ("failed", 500)
        assert [record.code for record in scene.recorded()] == ["unavailable", "model_error"]

    play(story)


def test_what_runs_when_the_gateway_ends_is_left_to_the_next_one_without_counting(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene)
        async with working(scene):
            await scene.worker.request()
        for _ in range(2):
            lease = scene.queue.take(an_id(1))
            assert lease is not None
            attempts = lease.attempts
            lease.close()
        assert attempts == 2, "its own attempt was not counted"

    play(story)


def test_a_gateway_that_finishes_begins_nothing_and_waits_for_what_runs(play: Play) -> None:
    async def story(scene: Scene) -> None:
        put(scene, 1)
        put(scene, 2)
        async with working(scene):
            await scene.worker.request()
            finishing = asyncio.create_task(scene.runner.finish())
            await asyncio.sleep(1)
            scene.worker.answer(1)
            await finishing
            assert scene.queue.has_answer(an_id(1))
            await asyncio.sleep(5)
            assert list(scene.queue.tickets()) == [an_id(2)]

    play(story)
