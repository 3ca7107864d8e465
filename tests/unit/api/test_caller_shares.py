"""Requests of one caller leave places for others, and an answer that has begun needs none."""

import asyncio
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from unshelf.api.caller_shares import PLACES, CallerShares
from unshelf.foundation.access.actors import Actor


class App:
    """Answers when it may."""

    def __init__(self) -> None:
        self.may_begin = asyncio.Event()
        self.may_end = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await self.may_begin.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.may_end.wait()
        await send({"type": "http.response.body", "body": b""})


async def ask(shares: CallerShares, caller: str) -> int:
    """The status of the answer."""
    statuses = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Message:
        return {"type": "http.request"}

    actor = Actor(id=caller, kind="user", label=caller)
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": {"actor": actor}}
    await shares(scope, receive, send)
    return int(statuses[0])


def test_one_caller_gets_half_of_the_places_and_the_next_ones_find_room() -> None:
    async def story() -> None:
        app = App()
        shares = CallerShares(app)
        greedy = [asyncio.create_task(ask(shares, "greedy")) for _ in range(200)]
        await asyncio.sleep(0)
        quiet = [asyncio.create_task(ask(shares, f"quiet {n}")) for n in range(5)]
        app.may_begin.set()
        app.may_end.set()
        told = await asyncio.gather(*greedy)
        assert (told.count(200), told.count(429)) == (PLACES // 2, 200 - PLACES // 2)
        assert await asyncio.gather(*quiet) == [200] * 5
        assert await ask(shares, "greedy") == 200

    asyncio.run(story())


def test_an_answer_that_has_begun_needs_no_place() -> None:
    async def story() -> None:
        app = App()
        app.may_begin.set()
        shares = CallerShares(app)
        following = []
        for _ in range(3 * PLACES):
            following.append(asyncio.create_task(ask(shares, "follower")))
            await asyncio.sleep(0)
        app.may_end.set()
        assert set(await asyncio.gather(*following)) == {200}

    asyncio.run(story())


def test_what_fails_leaves_its_place() -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    async def story() -> None:
        shares = CallerShares(fail)
        for _ in range(3 * PLACES):
            assert await asyncio.gather(ask(shares, "a"), return_exceptions=True)
        assert not shares._held

    asyncio.run(story())
