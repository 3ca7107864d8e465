"""Heads that repeat: what was read once may be known again, and nothing else may be taken for it."""

import asyncio

import pytest

from tests.support.http_server import LARGE, Client, RunningServer
from tests.support.waiting import wait_until

PLAIN = b"POST /mine HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer mine\r\nContent-Length: %d\r\n\r\n%b"
BARE = b"GET /mine HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer mine\r\n\r\n"


def known(served: RunningServer) -> set[bytes]:
    """The heads that the server remembers."""
    return set(served.server._state.known._heads)


def test_a_head_that_repeats_means_the_same_with_every_body(own: RunningServer) -> None:
    with own.client() as client:
        for body in (b"one", b"two", b"\r\n\r", b"xyz"):
            client.send(PLAIN % (3, body))
            assert client.answer().json["body"] == body.decode()
        assert len(known(own)) == 1
        request = PLAIN % (3, b"cut")
        for cut in range(1, len(request)):
            client.send(request[:cut])
            own.loop_turns(1)
            client.send(request[cut:])
            assert client.answer().json["body"] == "cut"
        client.send(request + PLAIN % (3, b"end"))
        assert [client.answer().json["body"], client.answer().json["body"]] == ["cut", "end"]


@pytest.mark.parametrize(
    "request_bytes", [BARE, PLAIN % (0, b""), PLAIN % (5, b"hello")], ids=["none", "empty", "body"]
)
def test_blank_lines_before_a_request_are_no_head(own: RunningServer, request_bytes: bytes) -> None:
    """Else whoever sends the blank lines alone would be given what the other may have."""
    with own.client() as client:
        client.send(b"\r\n\r\n" + request_bytes)
        assert client.answer().status == 200
    assert b"\r\n\r\n" not in known(own)
    seen = len(own.app.seen)
    with own.client() as stranger:
        stranger.send(b"\r\n\r\n")
        own.loop_turns(3)
        stranger.send(b"\r\n\r\nhello")
        assert stranger.answer().status == 400
    assert len(own.app.seen) == seen


@pytest.mark.parametrize(
    "more", [b"\r\n\r\n", b"GET /other HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"]
)
def test_what_follows_a_request_that_waits_is_not_taken_for_its_head(own: RunningServer, more: bytes) -> None:
    with own.client() as client:
        client.send(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
        assert own.app.entered.acquire(timeout=60)
        client.send(BARE)
        own.loop_turns(3)
        client.send(more)
        own.loop_turns(3)
        own.app.release(own.loop)
        assert client.answer().body == b"held"
        assert client.answer().json["path"] == "/mine"
    assert more not in known(own)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 4000 + b"\r\n\r\n",
    ],
    ids=["close", "old", "chunked", "expect", "long"],
)  # fmt: skip
def test_heads_that_change_how_the_rest_is_read_are_not_kept(own: RunningServer, request_bytes: bytes) -> None:
    assert own.ask(request_bytes).status == 200
    assert known(own) == set()


def test_what_is_kept_is_bounded(own: RunningServer) -> None:
    with own.client() as client:
        for number in range(1500):
            client.send(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
            assert client.answer().json["path"] == f"/{number}"
    assert len(known(own)) <= 1024


def test_a_known_head_waits_its_turn_behind_an_answer_that_is_not_taken(own: RunningServer) -> None:
    own.ask(BARE)
    with Client(own.port, receive_buffer=4096) as client:
        client.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: "/large" in own.app.seen)
        wait_until(lambda: any(one._blocked for one in own.server._state.connections))
        client.send(b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
        own.loop_turns(3)
        client.send(BARE)
        own.loop_turns(3)
        assert len(client.answer().body) == LARGE
        assert [client.answer().json["path"], client.answer().json["path"]] == ["/first", "/mine"]


def test_an_idle_connection_of_known_heads_is_idle_and_not_slow(own: RunningServer) -> None:
    own.ask(BARE)
    with own.client() as client:
        client.send(BARE)
        assert client.answer().status == 200

        async def in_head() -> list[bool]:
            return [one._reader.in_head for one in own.server._state.connections]

        assert False in asyncio.run_coroutine_threadsafe(in_head(), own.loop).result(30)
