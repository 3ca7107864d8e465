"""Turns are shared out among those who ask, whatever one of them does with his."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from unshelf.host.prepare.turns import Turns


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


class Workers:
    """Tasks that hold turns until they are let go."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.began: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str) -> None:
        """Names such as `a1`: the first letter is the actor."""
        for name in names:
            self._ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._work(name))
            await settle()

    async def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
            await self._tasks[name]
        await settle()

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._tasks[name]
        await settle()

    async def _work(self, name: str) -> None:
        async with self.turns.turn(name[0]):
            self.began.append(name)
            await self._ends[name].wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_one_who_asks_for_much_leaves_a_place_to_others() -> None:
    async def story() -> None:
        workers = Workers(Turns(3))
        await workers.come("a1", "a2", "a3", "a4")
        assert workers.began == ["a1", "a2"]
        assert not workers.turns.is_free("a")
        await workers.come("b1")
        assert workers.began == ["a1", "a2", "b1"]
        await workers.end("a1", "a2", "a3", "a4", "b1")
        assert workers.turns.is_free("a")

    run(story())


def test_of_those_who_wait_the_one_with_the_least_is_next_and_then_the_one_who_came_first() -> None:
    async def story() -> None:
        workers = Workers(Turns(4))
        await workers.come("a1", "a2", "a3", "b1", "a4", "a5", "b2", "c1")
        assert workers.began == ["a1", "a2", "a3", "b1"]
        await workers.end("a1")
        assert workers.began[4:] == ["c1"]
        await workers.end("a2")
        assert workers.began[5:] == ["a4"], "all have one, and a came first"
        await workers.end("a3", "b1", "a4", "c1", "a5", "b2")
        assert sorted(workers.began) == ["a1", "a2", "a3", "a4", "a5", "b1", "b2", "c1"]

    run(story())


def test_one_who_gives_up_leaves_his_turn_to_the_next_whether_he_waits_or_works() -> None:
    async def story() -> None:
        workers = Workers(Turns(2))
        await workers.come("a1", "b1", "c1", "d1")
        await workers.give_up("c1")
        await workers.give_up("a1")
        assert workers.began == ["a1", "b1", "d1"]
        await workers.end("b1", "d1")

    run(story())


def test_work_that_takes_long_goes_on_beside_the_others() -> None:
    async def story() -> None:
        workers = Workers(Turns(3, long_after=0.0, long_places=4))
        await workers.come("a1", "a2", "a3")
        await asyncio.sleep(0.01)
        assert workers.began == ["a1", "a2", "a3"], "a1 and a2 take long, and keep nobody waiting"
        await workers.come("a4", "a5")
        await asyncio.sleep(0.01)
        assert workers.began == ["a1", "a2", "a3", "a4"], (
            "of one actor, half the places beside and all but one of the others"
        )
        await workers.come("b1")
        assert workers.began[-1] == "b1"
        await workers.end("a1")
        assert workers.began[-1] == "a5"
        await workers.end("a2", "a3", "a4", "a5", "b1")

    run(story())
