"""Messages are read when there is room for the largest, a few of a key at a time, and slow ones keep none of the others waiting."""

import asyncio
from typing import Any

import pytest

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.grpc import reading
from unshelf.gateway.grpc.reading import MessageReads
from unshelf.gateway.predict.body_reader import BodyBudget


def budget() -> BodyBudget:
    return BodyBudget(limit=10, capacity=160)


async def now() -> Any:
    return b"message"


async def never() -> Any:
    await asyncio.Event().wait()


async def read(reads: MessageReads, room: BodyBudget, key: str, how: Any = now) -> bytes:
    return await reads.read(key, room.holder(key, key, ""), how)


def test_a_message_counts_as_the_largest_until_it_is_there() -> None:
    async def story() -> None:
        room = budget()
        counted = []

        async def look() -> Any:
            counted.append(room.held)
            return b"m"

        assert await read(MessageReads(room), room, "k", look) == b"m"
        assert (counted, room.held) == ([10], 0)

    asyncio.run(story())


def test_slow_messages_of_a_key_take_its_share_and_are_refused_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SOON_SECONDS", 0.0)

    async def story() -> None:
        room = budget()
        reads = MessageReads(room)
        slow = [asyncio.create_task(read(reads, room, "bad", never)) for _ in range(20)]
        for _ in range(50):
            await asyncio.sleep(0.001)
        refused = [task.exception() for task in slow if task.done()]
        assert {getattr(each, "code", "") for each in refused} == {"too_many_requests"}
        assert room.held == 80  # half of the room: eight of the largest
        assert await read(reads, room, "good") == b"message"
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        assert room.held == 0

    asyncio.run(story())


def test_one_that_takes_too_long_and_a_call_without_a_message_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MESSAGE_SECONDS", 0.01)

    async def nothing() -> Any:
        return object()

    for how, detail in ((never, "took longer than"), (nothing, "has no message")):
        room = budget()
        with pytest.raises(ProblemError, match=detail) as caught:
            asyncio.run(read(MessageReads(room), room, "k", how))
        assert (caught.value.code, room.held) == ("malformed_request", 0)


def test_a_crowd_of_one_key_is_read_in_turn() -> None:
    async def story() -> None:
        room = budget()
        reads, at_once = MessageReads(room), [0, 0]

        async def one() -> Any:
            at_once[0] += 1
            at_once[1] = max(at_once)
            await asyncio.sleep(0)
            at_once[0] -= 1
            return b"m"

        assert await asyncio.gather(*(read(reads, room, "k", one) for _ in range(64))) == [b"m"] * 64
        assert at_once[1] == reading.READS_AT_ONCE

    asyncio.run(story())
