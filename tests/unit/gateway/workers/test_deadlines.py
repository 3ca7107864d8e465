"""Predictions that begin together end together: none before its deadline, none after it was answered."""

import asyncio

from tests.support.virtual_time import run_in_virtual_time
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.workers.deadlines import STEP_SECONDS, Deadlines


def test_each_prediction_ends_at_its_deadline_or_one_step_later() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        ended: dict[Prediction, float] = {}
        deadlines = Deadlines(10.0, lambda prediction: ended.setdefault(prediction, loop.time()))
        begun = {}
        for _ in range(12):
            prediction = Prediction("k", "iris", "native")
            deadlines.watch(prediction)
            begun[prediction] = loop.time()
            await asyncio.sleep(STEP_SECONDS / 4)
        await asyncio.sleep(11)
        assert ended.keys() == begun.keys()
        late = [ended[prediction] - moment - 10 for prediction, moment in begun.items()]
        assert min(late) > -1e-6
        assert max(late) <= STEP_SECONDS + 1e-6
        assert len(set(ended.values())) < len(begun), "those that began within a step share a timer"

    run_in_virtual_time(story())


def test_a_short_timeout_has_shorter_steps() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        ended: list[float] = []
        Deadlines(0.08, lambda _: ended.append(loop.time())).watch(Prediction("k", "iris", "native"))
        await asyncio.sleep(1)
        assert 0.08 <= ended[0] <= 0.0901

    run_in_virtual_time(story())


def test_one_that_has_its_outcome_does_not_end_again() -> None:
    async def story() -> None:
        ended: list[Prediction] = []
        deadlines = Deadlines(1.0, ended.append)
        answered, silent = (Prediction("k", "iris", "native") for _ in range(2))
        deadlines.watch(answered)
        deadlines.watch(silent)
        answered.unwatch()
        await asyncio.sleep(5)
        assert ended == [silent]

    run_in_virtual_time(story())


def test_ending_one_may_end_the_others_of_its_group() -> None:
    async def story() -> None:
        first, second = (Prediction("k", "iris", "native") for _ in range(2))
        ended: list[Prediction] = []

        def expire(prediction: Prediction) -> None:
            ended.append(prediction)
            prediction.unwatch()

        deadlines = Deadlines(1.0, expire)
        deadlines.watch(first)
        deadlines.watch(second)
        await asyncio.sleep(5)
        assert set(ended) == {first, second}
        assert first.deadline_group == set()

    run_in_virtual_time(story())
