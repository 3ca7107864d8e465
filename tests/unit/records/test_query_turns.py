"""Queries take turns: one of a caller at a time, a few that wait, and nobody holds up who asks little."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from unshelf.contracts.errors import TooManyRequests, Unavailable
from unshelf.records.query_turns import AT_ONCE, MOST_WAITING, MOST_WAITING_OF_ONE, QueryTurns


class Slow:
    """A query that ends when it may, and what ran beside it."""

    def __init__(self) -> None:
        self.end = threading.Event()
        self.running = 0
        self.most = 0

    def __call__(self) -> str:
        self.running += 1
        self.most = max(self.most, self.running)
        self.end.wait(10)
        self.running -= 1
        return "rows"


async def begun(turns: QueryTurns, asked: list[tuple[str, Callable[[], str]]]) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(turns.run(caller, query)) for caller, query in asked]
    await asyncio.sleep(0.05)
    return tasks


def test_many_queries_of_one_caller_run_one_at_a_time_and_are_refused_beyond_a_few() -> None:
    async def story() -> None:
        turns, slow = QueryTurns(), Slow()
        tasks = await begun(turns, [("bad", slow)] * 44)
        refused = [task.exception() for task in tasks if task.done()]
        assert {type(each) for each in refused} == {TooManyRequests}
        assert len(refused) == 44 - 1 - MOST_WAITING_OF_ONE
        assert refused[0] is not None and refused[0].retry_after == 5.0  # type: ignore[attr-defined]
        assert await turns.run("good", lambda: "at once") == "at once"
        slow.end.set()
        assert [await task for task in tasks if not task.done() or not task.exception()] == ["rows"] * 3
        assert slow.most == 1

    asyncio.run(story())


def test_callers_beyond_the_places_wait_and_beyond_a_few_are_refused() -> None:
    async def story() -> None:
        turns, slow = QueryTurns(), Slow()
        tasks = await begun(turns, [(str(n), slow) for n in range(AT_ONCE + MOST_WAITING + 3)])
        refused = [task.exception() for task in tasks if task.done()]
        assert [type(each) for each in refused] == [Unavailable] * 3
        slow.end.set()
        assert slow.most == AT_ONCE
        assert [await task for task in tasks if not (task.done() and task.exception())] == ["rows"] * (
            AT_ONCE + MOST_WAITING
        )

    asyncio.run(story())


def test_who_hangs_up_leaves_the_turn_when_the_query_is_done_or_at_once_while_it_waits() -> None:
    async def story() -> None:
        turns, slow = QueryTurns(), Slow()
        runs, waits, after = await begun(turns, [("a", slow), ("a", slow), ("a", lambda: "after")])
        waits.cancel()
        runs.cancel()
        await asyncio.sleep(0.02)
        assert not after.done()  # the query still holds its thread
        slow.end.set()
        assert await after == "after"

    asyncio.run(story())


def test_what_a_query_raises_is_raised_and_leaves_the_turn() -> None:
    def fail() -> str:
        raise ValueError("no")

    async def story() -> None:
        turns = QueryTurns()
        for _ in range(3):
            with pytest.raises(ValueError, match="no"):
                await turns.run("a", fail)

    asyncio.run(story())


def test_a_query_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unshelf.records.query_turns.WAIT_SECONDS", 0.02)

    async def story() -> None:
        turns, slow = QueryTurns(), Slow()
        running, waiting = await begun(turns, [("a", slow), ("a", slow)])
        with pytest.raises(Unavailable, match="No query ended"):
            await waiting
        slow.end.set()
        assert await running == "rows"
        assert await turns.run("a", lambda: "next") == "next"

    asyncio.run(story())
