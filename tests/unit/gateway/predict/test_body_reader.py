"""How long a body may take, with less patience than in life."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict import body_reader as bodies
from unshelf.gateway.predict.body_reader import BodyReader

CHUNKED = {"transfer-encoding": "chunked"}


class Trickle:
    """A client that sends ten pieces, one every 50 ms."""

    complete, buffered = False, 0

    def __init__(self, piece: bytes, *, first: bytes = b"") -> None:
        self._piece = piece
        self._first = first

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._first:
            yield self._first
        for _ in range(10):
            await asyncio.sleep(0.05)
            yield self._piece


class Stuck:
    """A client that sends one byte of many, and no more."""

    complete, buffered = False, 0

    def __init__(self, came: asyncio.Event) -> None:
        self._came = came

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x"
        self._came.set()
        await asyncio.sleep(60)


async def reading(reader: BodyReader, sender: object, *, headers: dict[str, str] = CHUNKED, key: str = "mine") -> bytes:
    return await reader.read(headers, sender, reader.budget.holder(key, key, ""))  # type: ignore[arg-type]


def read(reader: BodyReader, sender: object, *, headers: dict[str, str] = CHUNKED, key: str = "mine") -> bytes:
    return asyncio.run(reading(reader, sender, headers=headers, key=key))


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "PACE_SECONDS", 0.15)


@pytest.mark.parametrize("headers", [{"content-length": "100"}, {"transfer-encoding": "chunked"}])
def test_a_body_that_trickles_in_is_given_up(headers: dict[str, str]) -> None:
    with pytest.raises(ProblemError, match="took too long") as caught:
        read(BodyReader(1 << 20), Trickle(b"x" * 10), headers=headers)

    assert caught.value.status == 400


def test_a_large_body_has_the_time_that_its_size_needs() -> None:
    assert len(read(BodyReader(1 << 20), Trickle(b"x" * 4096))) == 40960


def test_what_came_fast_before_does_not_pay_for_what_trickles_in_after() -> None:
    reader = BodyReader(1 << 20)
    with pytest.raises(ProblemError, match="took too long"):
        read(reader, Trickle(b"x" * 10, first=b"x" * 500_000))

    assert reader.budget.held == 0


def test_what_was_announced_is_held_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 2.0)

    async def story() -> None:
        reader, came = BodyReader(1 << 20, capacity=1 << 20), asyncio.Event()
        waiting = [asyncio.create_task(reading(reader, Stuck(came), key=str(n))) for n in range(20)]
        await came.wait()
        await asyncio.sleep(0)
        assert reader.budget.held == 20
        assert len(await reading(reader, Trickle(b"x" * 4096), key="other")) == 40960
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert reader.budget.held == 40960  # what was read, until it is given back

    asyncio.run(story())


def test_the_bytes_held_at_a_time_are_bounded_and_given_back() -> None:
    reader = BodyReader(1 << 20, capacity=60_000)
    first = read(reader, Trickle(b"x" * 4096))
    for headers in (CHUNKED, {"content-length": "40960"}):
        for key, code in (("mine", "too_many_requests"), ("other", "overloaded")):
            with pytest.raises(ProblemError) as caught:
                read(reader, Trickle(b"x" * 4096), headers=headers, key=key)
            assert (caught.value.code, caught.value.retry_after) == (code, 1)
    assert reader.budget.held == 40960

    reader.budget.release(len(first), reader.budget.holder("mine", "mine", ""))

    assert read(reader, Trickle(b"x" * 4096)) == first
