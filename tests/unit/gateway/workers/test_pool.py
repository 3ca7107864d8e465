"""The pool of one version: who gets a prediction, what happens to it when workers die, hang, stop or can't be had."""

import asyncio
import json

import pytest

from tests.support.virtual_time import until
from tests.unit.gateway.workers.conftest import Play, Scene, a_prediction, a_target
from unshelf.contracts.protocols import frames
from unshelf.contracts.protocols.host import Failed
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.workers.pool import MAX_ATTEMPTS, WorkerPool
from unshelf.gateway.workers.streamed import StreamBudget, Streamed

TIMEOUT = 30.0


def a_pool(scene: Scene, *, max_in_flight: int = 8, **route: object) -> WorkerPool:
    return WorkerPool(a_target(timeout=TIMEOUT, **route), scene.host, scene.recorder, max_in_flight)


def submitted(pool: WorkerPool, body: bytes = b"1", seconds: float = TIMEOUT) -> Prediction:
    prediction = a_prediction(body)
    pool.submit(prediction, seconds)
    return prediction


def a_stream(pool: WorkerPool, seconds: float = 0.0) -> Streamed:
    room = StreamBudget()
    stream = Streamed(
        "k", "iris", "native", wire_protocol=1, room=room, holder=room.holder("k", "", ""), seconds=seconds
    )
    stream.body = b"1"
    stream.begin()
    pool.submit(stream, min(seconds or TIMEOUT, TIMEOUT))
    return stream


async def outcome(prediction: Prediction) -> str:
    """The problem's code, empty for a success, once it is settled."""
    await prediction.outcome
    return prediction.code


def test_a_worker_is_woken_once_for_all_who_wait(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene)
        waiting = [submitted(pool, b"%d" % number) for number in range(3)]
        for number in range(3):
            assert await worker.request() == b"%d" % number
        assert pool.in_flight == 3
        for number in (3, 1, 2):  # answers come in any order
            worker.answer(number, b"[%d]" % number)
        assert [await outcome(prediction) for prediction in waiting] == ["", "", ""]
        assert [prediction.output for prediction in waiting] == [b"[1]", b"[2]", b"[3]"]
        assert (pool.in_flight, scene.host.asked, worker.connections) == (0, [None], 1)

    play(story)


def test_more_than_may_be_in_flight_are_refused_at_once(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene, max_in_flight=1)
        first = submitted(pool)
        with pytest.raises(ProblemError) as refused:
            submitted(pool)
        assert refused.value.code == "overloaded"
        await worker.request()
        worker.answer(1)
        await first.outcome
        second = submitted(pool)
        await worker.request()
        worker.answer(2)
        assert await outcome(second) == ""

    play(story)


def test_what_a_dead_worker_owed_goes_to_the_next_one_in_its_order(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene)
        orphans = [submitted(pool, b"%d" % number) for number in range(2)]
        for _ in range(2):
            await worker.request()
        dead = worker.address
        following = await scene.worker()
        worker.die()
        assert [await following.request() for _ in range(2)] == [b"0", b"1"]
        following.answer(1)
        following.answer(2)
        assert [await outcome(prediction) for prediction in orphans] == ["", ""]
        assert scene.host.asked == [None, dead], "the host must not give that address again"
        assert [prediction.attempts for prediction in orphans] == [2, 2]

    play(story)


@pytest.mark.parametrize(("limit", "code"), [("", "model_error"), ("1 GiB, tier small", "out_of_memory")])
def test_an_input_that_ends_every_worker_is_given_up_with_the_reason(play: Play, limit: str, code: str) -> None:
    async def story(scene: Scene) -> None:
        scene.host.memory_limit = limit
        worker = await scene.worker()
        pool = a_pool(scene)
        poison = submitted(pool, b"poison")
        for _ in range(MAX_ATTEMPTS):
            assert await worker.request() == b"poison"
            following = await scene.worker()
            worker.die()
            worker = following
        assert await outcome(poison) == code
        assert (poison.attempts, pool.in_flight) == (MAX_ATTEMPTS, 0)
        assert limit in str(poison.refused)

    play(story)


def test_a_last_attempt_is_made_alone_so_that_others_do_not_pay_for_it(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene)
        poison, good = submitted(pool, b"poison"), submitted(pool, b"good")
        for _ in range(MAX_ATTEMPTS - 1):
            await worker.request()
            await worker.request()
            following = await scene.worker()
            worker.die()
            worker = following
        assert await worker.request() == b"poison"
        late = submitted(pool, b"late")
        await asyncio.sleep(0.1)
        assert not worker.has_request()
        following = await scene.worker()
        worker.die()
        assert await outcome(poison) == "model_error"
        assert await following.request() == b"good", "it is on its own last attempt, and alone too"
        following.answer(1)
        assert await following.request() == b"late"
        following.answer(2)
        assert [await outcome(prediction) for prediction in (good, late)] == ["", ""]

    play(story)


def test_a_paused_version_refuses_all_who_wait(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.host.failures.append(Failed(id=1, code="paused", detail="It is paused.", hint="Resume it."))
        pool = a_pool(scene)
        both = [submitted(pool) for _ in range(2)]
        assert [await outcome(prediction) for prediction in both] == ["paused", "paused"]
        assert both[0].problem is not None
        assert (both[0].problem.detail, both[0].problem.hint) == ("It is paused.", "Resume it.")

    play(story)


@pytest.mark.parametrize(
    ("code", "retry_after", "recovers"),
    [("not_found", None, True), ("unavailable", 0.5, True), ("unavailable", 5.0, False), ("unavailable", None, False)],
)
def test_a_host_that_is_busy_for_a_moment_is_waited_for(
    play: Play, code: str, retry_after: float | None, recovers: bool
) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        failed = Failed(id=1, code=code, detail="Not now.", retry_after=retry_after)
        scene.host.failures.extend([failed, failed])
        pool = a_pool(scene)
        prediction = submitted(pool)
        if recovers:
            await worker.request()
            worker.answer(1)
        assert await outcome(prediction) == ("" if recovers else "unavailable")

    play(story)


def test_a_host_that_stays_busy_is_not_waited_for_long(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.host.failures.extend([Failed(id=1, code="unavailable", detail="Not now.", retry_after=0.5)] * 99)
        loop = asyncio.get_running_loop()
        assert await outcome(submitted(a_pool(scene))) == "unavailable"
        assert loop.time() <= 2.5

    play(story)


def test_an_address_where_nobody_listens_is_reported_to_the_host_and_then_given_up(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.host.addresses = ["unix:/nowhere/w"]
        assert await outcome(submitted(a_pool(scene))) == "unavailable"
        assert scene.host.asked == [None, *["unix:/nowhere/w"] * 4]

    play(story)


def test_an_address_that_is_none_refuses_those_who_wait(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.host.addresses = ["http://x"]
        assert await outcome(submitted(a_pool(scene))) == "unavailable"

    play(story)


def test_a_prediction_past_the_deadline_is_taken_back_and_a_silent_worker_is_reported(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        prediction = submitted(a_pool(scene))
        await worker.request()
        assert await outcome(prediction) == "deadline_exceeded"
        assert asyncio.get_running_loop().time() == pytest.approx(TIMEOUT, abs=0.2)
        assert (await worker.frame())[:2] == (1, frames.CANCEL)
        assert scene.host.stuck == [worker.address]

    play(story)


def test_a_worker_that_answered_others_meanwhile_is_looked_at_again_before_it_is_reported(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene)
        slow = submitted(pool, b"slow")
        await worker.request()
        await asyncio.sleep(TIMEOUT - 10)
        quick, stays = submitted(pool, b"quick"), submitted(pool, b"stays")
        await worker.request()
        await worker.request()
        worker.answer(2)
        assert await outcome(quick) == ""
        assert await outcome(slow) == "deadline_exceeded"
        assert scene.host.stuck == []
        assert await outcome(stays) == "deadline_exceeded"
        await asyncio.sleep(TIMEOUT)
        assert set(scene.host.stuck) == {worker.address}

    play(story)


def test_a_callers_own_deadline_says_nothing_about_the_worker(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene)
        prediction = submitted(pool, seconds=1.5)
        await worker.request()
        assert await outcome(prediction) == "deadline_exceeded"
        assert "1.5 seconds" in str(prediction.refused)
        await asyncio.sleep(2 * TIMEOUT)
        assert (scene.host.stuck, pool.in_flight) == ([], 0)

    play(story)


def test_a_deadline_holds_for_one_that_waits_for_a_worker_too(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.host.failures.extend([Failed(id=1, code="unavailable", detail="Not now.", retry_after=1.5)] * 2)
        assert await outcome(submitted(a_pool(scene), seconds=1.0)) == "deadline_exceeded"

    play(story)


def test_one_can_be_withdrawn_until_it_has_its_outcome(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene)
        gone = ProblemError("client_gone", "The caller hung up.")
        waits = submitted(pool, b"waits")
        assert pool.withdraw(waits, gone)
        sent = submitted(pool, b"sent")
        answered = submitted(pool, b"answered")
        assert [await worker.request() for _ in range(2)] == [b"sent", b"answered"]
        worker.answer(2)
        await answered.outcome
        assert pool.withdraw(sent, gone)
        assert not pool.withdraw(answered, gone)
        assert (await worker.frame())[:2] == (1, frames.CANCEL)
        worker.answer(1)  # the answer crossed with the cancellation
        assert [await outcome(each) for each in (waits, sent, answered)] == ["client_gone", "client_gone", ""]
        assert pool.in_flight == 0

    play(story)


def test_a_version_that_is_gone_hangs_up_after_its_last_answer(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene)
        prediction = submitted(pool)
        await worker.request()
        pool.retire()
        assert not worker.hung_up.is_set()
        worker.answer(1)
        assert await outcome(prediction) == ""
        await asyncio.wait_for(worker.hung_up.wait(), 10)

    play(story)


def test_a_worker_that_says_that_it_stops_gets_nothing_more(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        pool = a_pool(scene)
        first = submitted(pool, b"first")
        await worker.request()
        following = await scene.worker()
        worker.answer(1, flags=frames.STOPPING)
        await first.outcome
        second = submitted(pool, b"second")
        assert await following.request() == b"second"
        following.answer(1)
        assert await outcome(second) == ""
        assert not worker.has_request()

    play(story)


def test_several_replicas_are_given_the_next_one_by_who_has_least_to_do(play: Play) -> None:
    async def story(scene: Scene) -> None:
        first, second = await scene.worker(), await scene.worker(known=False)
        pool = a_pool(scene, max_replicas=2)
        begun = submitted(pool, b"0")
        await first.request()
        pool.connect_to([first.address, second.address])
        await until(lambda: second.connections)
        both = [submitted(pool, b"1"), submitted(pool, b"2")]
        assert await second.request() == b"1"
        assert {await first.request(), b"1"} == {b"1", b"2"}
        first.answer(1)
        first.answer(2)
        second.answer(1)
        assert [await outcome(each) for each in (begun, *both)] == ["", "", ""]

    play(story)


def test_after_a_new_host_predictions_go_where_it_says_and_none_is_lost(play: Play) -> None:
    async def story(scene: Scene) -> None:
        before = await scene.worker()
        pool = a_pool(scene)
        old = submitted(pool, b"old")
        await before.request()
        after = await scene.worker()
        pool.move()
        await until(lambda: after.connections)
        new = submitted(pool, b"new")
        assert await after.request() == b"new"
        assert not before.hung_up.is_set()
        before.answer(1)
        after.answer(1)
        assert [await outcome(each) for each in (old, new)] == ["", ""]
        await asyncio.wait_for(before.hung_up.wait(), 10)

    play(story)


def test_bytes_that_are_no_answer_count_as_the_workers_death(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        prediction = submitted(a_pool(scene))
        await worker.request()
        following = await scene.worker()
        worker.write(b"\xff" * frames.RESPONSE.size)
        await following.request()
        following.answer(1)
        assert await outcome(prediction) == ""

    play(story)


def test_a_stream_is_not_begun_again_once_its_caller_saw_a_chunk(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        stream = a_stream(a_pool(scene))
        await worker.request()
        worker.answer(1, b'"one"', flags=frames.MORE)
        await until(lambda: stream.chunks)
        worker.die()
        assert await outcome(stream) == "unavailable"
        assert json.loads(stream.output)["outputs"] == ["one"]

    play(story)


@pytest.mark.parametrize(("seconds", "ends"), [(0.0, 2 * TIMEOUT - 5), (40.0, 40.0)])
def test_each_chunk_of_a_stream_has_the_timeout_and_all_together_the_callers_deadline(
    play: Play, seconds: float, ends: float
) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        stream = a_stream(a_pool(scene), seconds)
        await worker.request()
        await asyncio.sleep(TIMEOUT - 5)
        worker.answer(1, b'"one"', flags=frames.MORE)
        assert await outcome(stream) == "deadline_exceeded"
        assert asyncio.get_running_loop().time() == pytest.approx(ends, abs=0.2)

    play(story)


def test_a_stream_beyond_its_room_ends_with_a_problem(play: Play) -> None:
    async def story(scene: Scene) -> None:
        worker = await scene.worker()
        stream = a_stream(a_pool(scene))
        stream.room.stream_bytes = 4
        await worker.request()
        worker.answer(1, b'"too long"', flags=frames.MORE)
        assert await outcome(stream) == "model_error"
        assert (await worker.frame())[:2] == (1, frames.CANCEL)

    play(story)
