"""Answers of asynchronous code: awaited on one loop, taken chunk by chunk in one task, closed where they were opened."""

import asyncio
import contextvars
import functools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from unshelf.worker.loaders.event_loop import settled

_inside = contextvars.ContextVar("inside", default="nothing")


async def double(value: int) -> int:
    await asyncio.sleep(0)
    return 2 * value


class Doubling:
    async def __call__(self, value: int) -> int:
        return await double(value)


@pytest.mark.parametrize("call", [double, lambda value: double(value), functools.partial(double), Doubling()])
def test_whatever_returns_a_coroutine_is_awaited(call: Any) -> None:
    assert settled(call(21)) == 42


@pytest.mark.parametrize("answer", [[1], {"a": 1}, None, "text", range(3)])
def test_any_other_answer_is_left_as_it_is(answer: Any) -> None:
    assert settled(answer) is answer


def test_what_one_call_began_goes_on_in_the_next() -> None:
    """Given a task begun by one call, when later calls run the loop, then it comes to its end: there is one loop for all."""
    begun: list[Any] = []

    async def later() -> str:
        for _ in range(3):
            await asyncio.sleep(0)
        return "ended"

    async def begin() -> None:
        begun.append(asyncio.get_running_loop().create_task(later()))

    settled(begin())
    assert not begun[0].done()
    for _ in range(3):
        settled(double(1))
    assert begun[0].result() == "ended"


def test_an_error_is_that_of_the_coroutine_and_the_loop_goes_on() -> None:
    async def fail() -> None:
        raise LookupError("no such row")

    async def leave() -> None:
        raise SystemExit(3)

    for coroutine, kind in ((fail, LookupError), (leave, SystemExit)):
        with pytest.raises(kind):
            settled(coroutine())
        assert settled(double(2)) == 4


class Source:
    """Counts up; what it opens it closes in the same task and context."""

    def __init__(self, most: int, *, fails: bool = False) -> None:
        self.most = most
        self.fails = fails
        self.closed = ""
        self.tasks: set[Any] = set()

    async def count(self) -> AsyncIterator[int]:
        token = _inside.set("a stream")
        try:
            for number in range(self.most):
                self.tasks.add(asyncio.current_task())
                await asyncio.sleep(0)
                yield number
            if self.fails:
                raise LookupError("no more")
        finally:
            self.tasks.add(asyncio.current_task())
            self.closed = _inside.get()
            _inside.reset(token)


def test_an_asynchronous_generator_gives_its_chunks_in_turn_with_others() -> None:
    one, other = Source(3), Source(2)
    first, second = settled(one.count()), settled(other.count())
    assert [next(first), next(second), next(first), next(second)] == [0, 0, 1, 1]
    assert (list(first), list(second)) == ([2], [])
    assert [(source.closed, len(source.tasks)) for source in (one, other)] == [("a stream", 1)] * 2


def test_a_stream_that_nobody_wants_any_more_is_closed_in_its_own_task() -> None:
    source = Source(100)
    chunks = settled(source.count())
    next(chunks)
    chunks.close()
    assert (source.closed, len(source.tasks)) == ("a stream", 1)
    settled(Source(100).count()).close()  # before it began


def test_an_error_in_a_stream_comes_after_the_chunks_before_it() -> None:
    chunks = settled(Source(1, fails=True).count())
    assert next(chunks) == 0
    with pytest.raises(LookupError, match="no more"):
        next(chunks)


def test_any_asynchronous_iterable_is_a_stream() -> None:
    class Words:
        def __aiter__(self) -> AsyncIterator[int]:
            return Source(2).count()

    async def words() -> Words:
        return Words()

    assert list(settled(words())) == [0, 1]
