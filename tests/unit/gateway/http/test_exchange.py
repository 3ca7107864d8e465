"""Answers: whole ones look whole, cut ones never do, and each request has one."""

import asyncio
import http.client
import socket

import pytest

from tests.support.http_server import LARGE, RunningServer

GET = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%b\r\n"


def test_answers_without_a_body_have_none(served: RunningServer) -> None:
    with served.client() as client:
        for method, path, status, length in (
            ("HEAD", "/large", 200, str(LARGE)), ("HEAD", "/stream", 200, None), ("HEAD", "/empty", 200, None),
            ("GET", "/empty", 200, "0"), ("GET", "/status/204", 204, None), ("HEAD", "/status/204", 204, None),
            ("GET", "/status/304", 304, None), ("GET", "/status/299", 299, "6"),
        ):  # fmt: skip
            client.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            answer = client.answer(method)
            assert (answer.status, answer.headers["content-length"]) == (status, length), (method, path)
            assert "transfer-encoding" not in answer.headers or path == "/stream"
        client.send(GET % b"/")
        assert client.answer().status == 200


def test_streams_are_chunked_and_end(served: RunningServer) -> None:
    with served.client() as client:
        for _ in range(2):
            client.send(GET % b"/stream")
            answer = client.answer()
            assert (answer.headers["transfer-encoding"], answer.body) == ("chunked", b"piece 0\npiece 1\npiece 2\n")


@pytest.mark.parametrize("kept", [b"", b"Connection: keep-alive\r\n", b"Expect: 100-continue\r\n"])
def test_http_1_0_gets_one_answer_without_chunks_and_an_end(served: RunningServer, kept: bytes) -> None:
    for path in (b"/", b"/stream"):
        with served.client() as client:
            client.send(b"POST %b HTTP/1.0\r\nContent-Length: 2\r\n%b\r\nhi" % (path, kept))
            head, _, body = client.rest().partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"connection: close" in head
            assert b"chunked" not in head
            assert body == b"piece 0\npiece 1\npiece 2\n" if path == b"/stream" else b'"body": "hi"' in body


def test_a_client_that_says_close_gets_its_answer_and_an_end(served: RunningServer) -> None:
    with served.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.answer().headers["connection"] == "close"
        assert client.rest() == b""
        # What follows is nobody's.
    with served.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + GET % b"/other")
        assert client.answer().json["path"] == "/"
        assert client.rest() == b""


def test_a_body_is_asked_for_when_it_is_wanted_and_not_otherwise(served: RunningServer) -> None:
    with served.client() as client:
        client.send(POST % (b"/", 2, b"Expect: 100-continue\r\n"))
        assert client.file.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert client.file.readline() == b"\r\n"
        client.send(b"hi")
        assert client.answer().json["body"] == "hi"
        client.send(POST % (b"/", 2, b"Expect: 100-continue\r\n") + b"hi")  # it did not wait
        assert client.file.readline() == b"HTTP/1.1 200 OK\r\n"
    with served.client() as client:
        client.send(POST % (b"/early", 2, b"Expect: 100-continue\r\n"))
        assert client.file.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"
        assert b"100 Continue" not in client.rest()


def test_an_early_answer_is_heard_by_a_client_that_is_still_sending(served: RunningServer) -> None:
    body = bytes(32 << 20)
    with served.client() as client:
        client.send(POST % (b"/early", len(body), b"") + body)
        answer = client.answer()
        assert (answer.status, answer.headers["connection"], answer.body) == (413, "close", b"too much")


@pytest.mark.parametrize("path", [b"/fail", b"/raise", b"/silent", b"/cancelled"])
def test_without_an_answer_the_connection_breaks_off(served: RunningServer, path: bytes) -> None:
    with served.client() as client:
        client.send(GET % path)
        assert client.rest() == b""
    assert served.lives()


@pytest.mark.parametrize("path", [b"/fail-midway", b"/short", b"/long"])
def test_an_answer_that_fails_midway_is_seen_to_be_cut(served: RunningServer, path: bytes) -> None:
    with served.client() as client:
        client.send(GET % path + GET % b"/next")
        with pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected, ConnectionError)):
            client.answer()
        assert b"200 OK" not in client.rest()
    assert served.lives()


@pytest.mark.parametrize("path", [b"/twice", b"/fail-after"])
def test_after_its_answer_an_application_can_spoil_nothing(served: RunningServer, path: bytes) -> None:
    with served.client() as client:
        client.send(GET % path + GET % b"/next")
        assert client.answer().body in (b"first", b"whole")
        assert client.answer().json["path"] == "/next"


@pytest.mark.parametrize("value", ["a\\r\\nset-cookie: b", "a\\nb", "a\\rb", "a\\r\\n\\r\\nHTTP/1.1 200 OK", "\\u20ac"])
def test_headers_can_not_be_smuggled_into_an_answer(served: RunningServer, value: str) -> None:
    body = f'"{value}"'.encode()
    with served.client() as client:
        client.send(POST % (b"/inject", len(body), b"") + body)
        answer = client.answer()
        assert (answer.status, answer.body, answer.headers["x-name"]) == (500, b"refused", None)


def test_thousands_of_pipelined_requests_that_are_answered_at_once(served: RunningServer) -> None:
    with served.client() as client:
        client.send(GET % b"/at-once" * 5000)
        assert {client.answer().body for _ in range(5000)} == {b"at once"}


def test_a_client_that_sends_no_more_hears_all_its_answers(own: RunningServer) -> None:
    with own.client() as client:
        client.send(GET % b"/hold" + GET % b"/second" + POST % (b"/third", 5, b"") + b"cut")
        assert own.app.entered.acquire(timeout=60)
        client.end()
        own.loop_turns(5)
        own.app.release(own.loop)
        assert client.answer().body == b"held"
        second = client.answer()
        assert (second.json["path"], second.headers["connection"]) == ("/second", "close")
        assert client.rest() == b""
    assert own.app.seen == ["/hold", "/second"]


def test_a_follower_is_seen_to_leave(own: RunningServer) -> None:
    client = own.client()
    client.send(GET % b"/follow")
    assert client.file.readline() == b"HTTP/1.1 200 OK\r\n"
    assert not own.app.left.is_set()
    client.close()
    assert own.app.left.wait(60)


def test_a_client_that_vanishes_does_so_at_every_stage(own: RunningServer) -> None:
    for sent in (
        b"", b"GE", b"GET / HTTP/1.1\r\nHo", POST % (b"/", 9, b""), POST % (b"/", 9, b"") + b"hello", GET % b"/",
        GET % b"/hold", GET % b"/hold" + GET % b"/next", GET % b"/large", GET % b"/endless", GET % b"/follow",
        POST % (b"/early", 9, b""), b"nonsense",
    ):  # fmt: skip
        for reset in (False, True):
            client = own.client()
            if reset:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.send(sent)
            own.loop_turns(2)
            client.close()
    assert own.lives()
    own.app.release(own.loop)


def test_a_stream_waits_for_a_slow_reader(own: RunningServer) -> None:
    with own.client() as client:
        client.send(GET % b"/endless")
        assert client.file.readline() == b"HTTP/1.1 200 OK\r\n"
        own.loop_turns(2000)
        connection = next(iter(own.server._state.connections))
        sizes = asyncio.run_coroutine_threadsafe(_unsent(connection), own.loop).result(30)
        assert sizes < 1 << 20


async def _unsent(connection: object) -> int:
    return connection._transport.get_write_buffer_size()  # type: ignore[attr-defined,no-any-return]
