"""Compressed bodies take no more memory than is counted, and no more of the threads than is their key's."""

import asyncio
import gzip
import zlib

import pytest

from unshelf.gateway.access.shares import SharedRoom
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.inflating import Inflation

MIB = 1 << 20


def inflate(body: bytes, *, capacity: int = 64 * MIB, limit: int = 32 * MIB) -> tuple[list[bytes] | None, SharedRoom]:
    room = SharedRoom(capacity, "bodies")
    holder = room.holder("k", "k", "p")
    return asyncio.run(Inflation(room, limit).inflate([body[:5], body[5:]], 31, holder)), room


@pytest.mark.parametrize("size", [0, 1, 256 << 10, (256 << 10) + 1, 5 * MIB, 32 * MIB])
def test_the_content_is_held(size: int) -> None:
    pieces, room = inflate(gzip.compress(bytes(size), 1))
    assert pieces is not None
    assert (b"".join(pieces) == bytes(size), room.held) == (True, size)


def test_what_is_larger_than_a_body_may_be_is_told_and_not_held() -> None:
    pieces, room = inflate(gzip.compress(bytes(5 * MIB), 1), limit=5 * MIB - 1)
    assert (pieces, room.held) == (None, 0)


def test_what_there_is_no_room_for_is_refused_before_it_takes_memory() -> None:
    room = SharedRoom(8 * MIB, "bodies")
    with pytest.raises(ProblemError) as caught:
        asyncio.run(
            Inflation(room, 32 * MIB).inflate([gzip.compress(bytes(20 * MIB), 1)], 31, room.holder("k", "k", ""))
        )
    assert (caught.value.code, room.held) == ("overloaded", 0)


@pytest.mark.parametrize(
    "body",
    [
        b"no gzip",
        gzip.compress(b"x" * 1000)[:-3],
        gzip.compress(b"x") + b"more",
        gzip.compress(bytes(3 * MIB))[:-9],
        b"",
    ],
    ids=["no gzip", "cut short", "more behind it", "without its sum", "empty"],  # its head has the time of day
)
def test_what_is_damaged_or_cut_short_is_refused_and_not_held(body: bytes) -> None:
    room = SharedRoom(64 * MIB, "bodies")
    with pytest.raises(ProblemError) as caught:
        asyncio.run(Inflation(room, 32 * MIB).inflate([body], 31, room.holder("k", "k", "")))
    assert (caught.value.code, room.held) == ("malformed_request", 0)


def test_many_bombs_of_one_key_leave_room_for_the_others() -> None:
    bomb = gzip.compress(bytes(8 * MIB), 9)

    async def story() -> None:
        room = SharedRoom(64 * MIB, "bodies")
        inflation = Inflation(room, 16 * MIB)
        mine, other = room.holder("bad", "bad", "p"), room.holder("good", "good", "q")
        answers = asyncio.gather(*(inflation.inflate([bomb], 31, mine) for _ in range(30)), return_exceptions=True)
        assert await inflation.inflate([bomb], 31, other) is not None
        told = await answers
        assert {each.code for each in told if isinstance(each, ProblemError)} == {"too_many_requests"}
        assert sum(isinstance(each, list) for each in told) == mine.key.held // (8 * MIB) <= 4

    asyncio.run(story())


def test_deflate_is_read_too() -> None:
    room = SharedRoom(1 << 20, "bodies")
    assert asyncio.run(Inflation(room, 100).inflate([zlib.compress(b"abc")], 15, room.holder("k", "k", ""))) == [b"abc"]
