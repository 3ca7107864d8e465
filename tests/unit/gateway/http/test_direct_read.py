"""A body that is read directly: taken from the socket past the parser, and the connection goes on as if it had not been."""

import asyncio
import itertools
import os
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from tests.support.http_server import RunningServer
from tests.support.waiting import wait_until
from unshelf.gateway.http.exchange import ClientDisconnected, Exchange

SIZE = 3 << 20
BODY = os.urandom(SIZE)


def head(path: str = "/direct", size: int = SIZE, *more: str) -> bytes:
    return "".join([f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n", *more, "\r\n"]).encode()


class DirectReader:
    """Reads directly what comes to `/direct`, fails in the middle at `/full`, gives up at `/late`; reads other bodies as usual."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.gone = 0

    async def __call__(self, exchange: Exchange) -> None:
        try:
            await self._answer(exchange)
        except ClientDisconnected:
            self.gone += 1
            raise

    async def _answer(self, exchange: Exchange) -> None:
        received = bytearray()

        def write(data: bytes | memoryview) -> None:
            received.extend(data)
            if exchange.path == "/full" and len(received) > SIZE // 2:
                raise OSError("no room")

        try:
            if exchange.path not in ("/direct", "/full", "/late"):
                received += b"".join([piece async for piece in exchange])
            else:
                async with asyncio.timeout(0.2 if exchange.path == "/late" else None):
                    await exchange.read_directly(int(exchange.headers["content-length"]), write)
        except (OSError, TimeoutError) as error:
            exchange.response_bytes(507, [], type(error).__name__.encode())
            return
        exchange.response_bytes(200, [], bytes(received))


@pytest.fixture
def reader() -> DirectReader:
    return DirectReader()


@pytest.fixture
def served(reader: DirectReader) -> Iterator[RunningServer]:
    """A server that reads directly; afterwards it holds no descriptor more than before its clients came."""
    with closing(RunningServer(reader)) as server:
        assert server.lives()
        wait_until(lambda: not server.server._state.connections)
        before = psutil.Process().num_fds()
        yield server
        wait_until(lambda: not server._thread.is_alive() or psutil.Process().num_fds() == before)


@pytest.mark.parametrize("size", [0, 1, 300 << 10, SIZE])
def test_a_body_comes_whole_however_it_is_cut(served: RunningServer, size: int) -> None:
    body = BODY[:size]
    request = head(size=size) + body
    with served.client() as client:
        for cuts in ([], [10], [len(head(size=size))], [len(request) - 1], [100, 100_000, 1_000_000, 2_000_000]):
            places = [0, *[cut for cut in cuts if cut < len(request)], len(request)]
            for start, stop in itertools.pairwise(places):
                client.send(request[start:stop])
                served.loop_turns(3)
            assert client.answer().body == body


def test_what_follows_the_body_is_the_next_request(served: RunningServer) -> None:
    with served.client() as client:
        for _ in range(3):
            client.send(head() + BODY + head("/plain", 5) + b"plain" + head() + BODY)
            assert client.answer().body == BODY
            assert client.answer().body == b"plain"
            assert client.answer().body == BODY


def test_a_client_that_waits_to_be_asked_is_asked(served: RunningServer) -> None:
    with served.client() as client:
        client.send(head("/direct", SIZE, "Expect: 100-continue\r\n"))
        assert client.file.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert client.file.readline() == b"\r\n"
        client.send(BODY)
        assert client.answer().body == BODY


def test_a_client_that_closes_its_half_is_answered(served: RunningServer) -> None:
    with served.client() as client:
        client.send(head() + BODY)
        client.end()
        assert client.answer().body == BODY
        assert client.rest() == b""


def test_a_connection_that_was_to_close_closes(served: RunningServer) -> None:
    with served.client() as client:
        client.send(head("/direct", SIZE, "Connection: close\r\n") + BODY)
        assert client.answer().body == BODY
        assert client.rest() == b""


@pytest.mark.parametrize("how", ["close", "end"])
def test_a_client_that_leaves_in_the_middle_is_seen(served: RunningServer, reader: DirectReader, how: str) -> None:
    with served.client() as client:
        client.send(head() + BODY[: SIZE // 2])
        served.loop_turns(3)
        getattr(client, how)()
        wait_until(lambda: reader.gone == 1)
    assert served.lives()


@pytest.mark.parametrize(("path", "why"), [("/full", b"OSError"), ("/late", b"TimeoutError")])
def test_of_a_body_that_is_given_up_nothing_is_taken_for_a_request(
    served: RunningServer, path: str, why: bytes
) -> None:
    sent = BODY if path == "/full" else BODY[: SIZE - (1 << 20)]
    with served.client() as client:
        client.send(head(path) + sent)
        answer = client.answer()
        assert (answer.status, answer.headers["connection"], answer.body) == (507, "close", why)
        client.send(BODY[len(sent) :] + head("/plain", 5) + b"plain")
        assert client.rest() == b""


def test_a_server_that_stops_waits_for_a_body_that_comes(served: RunningServer) -> None:
    with served.client() as client:
        client.send(head() + BODY[: SIZE // 2])
        served.loop_turns(3)
        served.stop()
        served.loop_turns(3)
        client.send(BODY[SIZE // 2 :])
        assert client.answer().body == BODY
        assert client.rest() == b""
    assert served.join()
