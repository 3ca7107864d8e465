"""A body that is poured: read from the socket past the parser, and the connection goes on as if it had not been."""

import asyncio
import itertools
import os
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from tests.unit.gateway.http.served import Served
from unshelf.gateway.http.exchange import Exchange, Gone

SIZE = 3 << 20
BODY = os.urandom(SIZE)


def head(path: str = "/pour", size: int = SIZE, *more: str) -> bytes:
    return "".join([f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n", *more, "\r\n"]).encode()


class Pourer:
    """Pours what comes to `/pour`, fails in the middle at `/full`, gives up at `/late`; what anybody else sends it reads."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.gone = 0

    async def __call__(self, exchange: Exchange) -> None:
        try:
            await self._answer(exchange)
        except Gone:
            self.gone += 1
            raise

    async def _answer(self, exchange: Exchange) -> None:
        poured = bytearray()

        def write(data: bytes | memoryview) -> None:
            poured.extend(data)
            if exchange.path == "/full" and len(poured) > SIZE // 2:
                raise OSError("no room")

        try:
            if exchange.path not in ("/pour", "/full", "/late"):
                poured += b"".join([piece async for piece in exchange])
            else:
                async with asyncio.timeout(0.2 if exchange.path == "/late" else None):
                    await exchange.pour(int(exchange.headers["content-length"]), write)
        except (OSError, TimeoutError) as error:
            exchange.response_bytes(507, [], type(error).__name__.encode())
            return
        exchange.response_bytes(200, [], bytes(poured))


@pytest.fixture
def pourer() -> Pourer:
    return Pourer()


@pytest.fixture
def pouring(pourer: Pourer) -> Iterator[Served]:
    """A server that pours; afterwards it holds no descriptor more than before its clients came."""
    with closing(Served(pourer)) as server:
        assert server.lives()
        assert server.wait_for(lambda: not server.server._holder.connections)
        before = psutil.Process().num_fds()
        yield server
        assert not server._thread.is_alive() or server.wait_for(lambda: psutil.Process().num_fds() == before)


@pytest.mark.parametrize("size", [0, 1, 300 << 10, SIZE])
def test_a_body_comes_whole_however_it_is_cut(pouring: Served, size: int) -> None:
    body = BODY[:size]
    request = head(size=size) + body
    with pouring.client() as client:
        for cuts in ([], [10], [len(head(size=size))], [len(request) - 1], [100, 100_000, 1_000_000, 2_000_000]):
            places = [0, *[cut for cut in cuts if cut < len(request)], len(request)]
            for start, stop in itertools.pairwise(places):
                client.send(request[start:stop])
                pouring.loop_turns(3)
            assert client.answer().body == body


def test_what_follows_the_body_is_the_next_request(pouring: Served) -> None:
    with pouring.client() as client:
        for _ in range(3):
            client.send(head() + BODY + head("/plain", 5) + b"plain" + head() + BODY)
            assert client.answer().body == BODY
            assert client.answer().body == b"plain"
            assert client.answer().body == BODY


def test_a_client_that_waits_to_be_asked_is_asked(pouring: Served) -> None:
    with pouring.client() as client:
        client.send(head("/pour", SIZE, "Expect: 100-continue\r\n"))
        assert client.file.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert client.file.readline() == b"\r\n"
        client.send(BODY)
        assert client.answer().body == BODY


def test_a_client_that_closes_its_half_is_answered(pouring: Served) -> None:
    with pouring.client() as client:
        client.send(head() + BODY)
        client.end()
        assert client.answer().body == BODY
        assert client.rest() == b""


def test_a_connection_that_was_to_close_closes(pouring: Served) -> None:
    with pouring.client() as client:
        client.send(head("/pour", SIZE, "Connection: close\r\n") + BODY)
        assert client.answer().body == BODY
        assert client.rest() == b""


@pytest.mark.parametrize("how", ["close", "end"])
def test_a_client_that_leaves_in_the_middle_is_seen(pouring: Served, pourer: Pourer, how: str) -> None:
    with pouring.client() as client:
        client.send(head() + BODY[: SIZE // 2])
        pouring.loop_turns(3)
        getattr(client, how)()
        assert pouring.wait_for(lambda: pourer.gone == 1)
    assert pouring.lives()


@pytest.mark.parametrize(("path", "why"), [("/full", b"OSError"), ("/late", b"TimeoutError")])
def test_of_a_body_that_is_given_up_nothing_is_taken_for_a_request(pouring: Served, path: str, why: bytes) -> None:
    sent = BODY if path == "/full" else BODY[: SIZE - (1 << 20)]
    with pouring.client() as client:
        client.send(head(path) + sent)
        answer = client.answer()
        assert (answer.status, answer.headers["connection"], answer.body) == (507, "close", why)
        client.send(BODY[len(sent) :] + head("/plain", 5) + b"plain")
        assert client.rest() == b""


def test_a_server_that_stops_waits_for_a_body_that_comes(pouring: Served) -> None:
    with pouring.client() as client:
        client.send(head() + BODY[: SIZE // 2])
        pouring.loop_turns(3)
        pouring.stop()
        pouring.loop_turns(3)
        client.send(BODY[SIZE // 2 :])
        assert client.answer().body == BODY
        assert client.rest() == b""
    assert pouring.join()
