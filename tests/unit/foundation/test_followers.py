"""Events that are followed: many readers, each from the first event on, none left behind."""

import asyncio
import json
import threading

import pytest

from unshelf.foundation.followers import Followers

STARTED = {"step": "lock", "state": "started"}
DONE = {"step": "lock", "state": "done"}
END = {"step": "end", "state": "done"}


class Stored:
    """The events of one piece of work, as a control stores them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.over = False

    def read(self, _key: str, first: int) -> list[str] | None:
        return self.lines[first:] or (None if self.over else [])

    def add(self, *events: dict[str, str]) -> None:
        self.lines += map(json.dumps, events)


async def read(followers: Followers) -> list[str]:
    return [json.loads(line)["step"] + " " + json.loads(line)["state"] async for line in followers.follow("d")]


@pytest.mark.parametrize("woken", [True, False])
def test_early_and_late_readers_see_the_same(*, woken: bool) -> None:
    """Given readers that come before, during and after, then all see every event, in order, whichever control adds them."""

    async def scenario() -> list[list[str]]:
        stored = Stored()
        followers = Followers(stored.read, poll_seconds=60.0 if woken else 0.01)
        early = [asyncio.create_task(read(followers)) for _ in range(20)]
        await asyncio.sleep(0)
        stored.add(STARTED)
        during = asyncio.create_task(read(followers))
        await asyncio.sleep(0)
        stored.add(DONE, END)
        if woken:
            threading.Thread(target=followers.wake, args=("d",)).start()
        seen = await asyncio.gather(*early, during)
        return [*seen, await read(followers)]

    assert all(seen == ["lock started", "lock done", "end done"] for seen in asyncio.run(scenario()))


def test_a_reader_that_leaves_is_not_remembered() -> None:
    async def scenario() -> None:
        stored = Stored()
        stored.add(STARTED)
        followers = Followers(stored.read)
        lines = followers.follow("d")
        await anext(lines)
        assert len(followers._wakers) == 1
        await lines.aclose()  # type: ignore[attr-defined]
        assert len(followers._wakers) == 0

    asyncio.run(scenario())


def test_readers_of_work_that_ended_without_an_end_are_let_go() -> None:
    async def scenario() -> list[str]:
        stored = Stored()
        stored.add(STARTED)
        stored.over = True
        return await asyncio.wait_for(read(Followers(stored.read)), 5)

    assert asyncio.run(scenario()) == ["lock started"]
