"""How long a body may take, with less patience than in life."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict import body_reader as bodies
from unshelf.gateway.predict.body_reader import BodyReader


class Trickle:
    """A client that sends ten pieces, one every 50 ms."""

    complete, buffered = False, 0

    def __init__(self, piece: bytes) -> None:
        self._piece = piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(10):
            await asyncio.sleep(0.05)
            yield self._piece


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.2)


@pytest.mark.parametrize("headers", [{"content-length": "100"}, {"transfer-encoding": "chunked"}])
def test_a_body_that_trickles_in_is_given_up(headers: dict[str, str]) -> None:
    with pytest.raises(ProblemError, match="took too long") as caught:
        asyncio.run(BodyReader(1 << 20).read(headers, Trickle(b"x" * 10)))

    assert caught.value.status == 400


def test_a_large_body_has_the_time_that_its_size_needs() -> None:
    body = asyncio.run(BodyReader(1 << 20).read({"transfer-encoding": "chunked"}, Trickle(b"x" * 4096)))

    assert len(body) == 40960


def test_the_bytes_held_at_a_time_are_bounded_and_given_back() -> None:
    keeper = BodyReader(1 << 20, capacity=60_000)
    first = asyncio.run(keeper.read({"transfer-encoding": "chunked"}, Trickle(b"x" * 4096)))
    for headers in ({"transfer-encoding": "chunked"}, {"content-length": "40960"}):
        with pytest.raises(ProblemError) as caught:
            asyncio.run(keeper.read(headers, Trickle(b"x" * 4096)))
        assert caught.value.code == "overloaded"

    keeper.budget.release(len(first))

    assert asyncio.run(keeper.read({"transfer-encoding": "chunked"}, Trickle(b"x" * 4096))) == first
