"""Requests as clients write them: however they arrive, they are read as they were meant, in order."""

import itertools
import json
import subprocess
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.http_server import RunningServer

HEAD = b"POST /a%20b?c=d%20e HTTP/1.1\r\nHost: here:1\r\nX-One: a \t\r\nX-One: b\r\n"
WITH_LENGTH = HEAD + b"Content-Length: 11\r\n\r\nhello world"
CHUNKED = (
    HEAD + b"Transfer-Encoding: chunked\r\nTrailer: T\r\n\r\n"
    b'6;a=b;c="d e"\r\nhello \r\n0005\r\nworld\r\n0;last\r\nT: v\r\nContent-Type: x\r\n\r\n'
)
LOCAL = b"GET / HTTP/1.1\r\nHost: x\r\n"


def told(answer: Any) -> dict[str, Any]:
    """What the application was told, less what differs between ways of writing the same."""
    known: dict[str, Any] = answer.json
    for name in ("content-length", "transfer-encoding", "trailer"):
        known["headers"].pop(name, None)
    return known


MEANT = {
    "method": "POST", "path": "/a b", "target": "/a%20b?c=d%20e", "query": "c=d%20e",
    "headers": {"host": "here:1", "x-one": "a, b"}, "body": "hello world",
}  # fmt: skip


@pytest.mark.parametrize("request_bytes", [WITH_LENGTH, CHUNKED], ids=["length", "chunked"])
def test_a_request_may_be_cut_at_every_byte(served: RunningServer, request_bytes: bytes) -> None:
    with served.client() as client:
        for cut in range(1, len(request_bytes)):
            client.send(request_bytes[:cut])
            client.send(request_bytes[cut:])
            assert told(client.answer()) == MEANT
        for place in range(len(request_bytes)):
            client.send(request_bytes[place : place + 1])
        assert told(client.answer()) == MEANT


@given(cuts=st.lists(st.integers(0, 2000), max_size=12))
@settings(max_examples=60, deadline=None)
def test_pipelined_requests_are_answered_in_order_wherever_they_are_cut(served: RunningServer, cuts: list[int]) -> None:
    pipeline = b"".join(
        (CHUNKED if number % 2 else WITH_LENGTH).replace(b"/a%20b", b"/%d" % number) for number in range(8)
    )
    places = sorted({min(cut, len(pipeline)) for cut in cuts} | {0, len(pipeline)})
    with served.client() as client:
        for start, end in itertools.pairwise(places):
            client.send(pipeline[start:end])
        for number in range(8):
            assert told(client.answer()) == {**MEANT, "path": f"/{number}", "target": f"/{number}?c=d%20e"}


def test_many_pipelined_requests_wait_and_are_answered_in_order(own: RunningServer) -> None:
    count = 5000
    with own.client() as client:
        client.send(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(count)))
        assert own.app.entered.acquire(timeout=60)
        own.app.release(own.loop)

        assert client.answer().body == b"held"
        assert [client.answer().json["path"] for _ in range(count)] == [f"/{number}" for number in range(count)]


def test_what_waits_behind_an_answer_is_bounded(own: RunningServer) -> None:
    """A client that pipelines without end is not read any further, and goes on when it is answered."""
    with own.client() as client:
        client.socket.setblocking(False)
        client.socket.send(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
        assert own.app.entered.acquire(timeout=60)
        request, sent, refusals = b"GET /p HTTP/1.1\r\nHost: x\r\nX-Pad: %b\r\n\r\n" % (b"p" * 900), 0, 0
        stream = request * 1000
        while refusals < 3 and sent < 256 << 20:  # the kernel takes a few megabytes; a server that reads on takes all
            try:
                sent += client.socket.send(stream[sent % len(request) :])
                refusals = 0
            except BlockingIOError:
                refusals += 1
                own.loop_turns(5)
        assert sent < 64 << 20
        assert own.app.seen == ["/hold"]
        client.socket.settimeout(60)
        own.app.release(own.loop)
        assert client.answer().body == b"held"
        assert client.answer().json["path"] == "/p"


def test_a_header_that_is_repeated_without_end_is_refused(served: RunningServer) -> None:
    with served.client() as client:
        client.send(LOCAL + b"a: 1\r\n" * 200 + b"\r\n")
        assert client.answer().status == 200
        client.send(LOCAL + b"a:\r\n" * 12_000 + b"\r\n")
        assert client.answer().status == 431


def test_bodies_that_nobody_takes_wait_with_their_sender(own: RunningServer) -> None:
    with own.client() as client:
        client.send(b"POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert own.app.entered.acquire(timeout=60)
        client.socket.setblocking(False)
        sent = refusals = 0
        while refusals < 3 and sent < 256 << 20:
            try:
                sent += client.socket.send(bytes(1 << 20))
                refusals = 0
            except BlockingIOError:
                refusals += 1
                own.loop_turns(5)
        assert sent < 64 << 20


@pytest.mark.parametrize(
    ("target", "host", "path", "query"),
    [
        (b"http://there:2/p/q?r", "there:2", "/p/q", "r"),
        (b"HTTP://there", "there", "/", ""),
        (b"http://there?r=/s", "there", "/", "r=/s"),
        (b"/%C3%A9%25%zz?%ff", "x", "/é%%zz", "%ff"),
        (b"/%ff/%c0%af", "x", "/\ufffd/\ufffd\ufffd", ""),
        (b"//double//slash", "x", "//double//slash", ""),
        (b"/http://x/y", "x", "/http://x/y", ""),
    ],
)
def test_targets_are_read_as_paths(served: RunningServer, target: bytes, host: str, path: str, query: str) -> None:
    known = served.ask(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % target).json

    assert (known["headers"]["host"], known["path"], known["query"]) == (host, path, query)


def test_options_of_the_server_itself(served: RunningServer) -> None:
    assert served.ask(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").json["path"] == "*"


def test_blank_lines_before_a_request_are_forgiven(served: RunningServer) -> None:
    with served.client() as client:
        client.send(b"\r\n\r\n" + LOCAL + b"\r\n\r\n\r\n" + LOCAL + b"\r\n")
        assert [client.answer().status, client.answer().status] == [200, 200]


JAVA = (
    b"POST /java HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 5\r\nHost: x\r\n"
    b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\nUser-Agent: Java-http-client/21\r\n"
    b"\r\nhello"
)


def test_an_offer_of_another_protocol_is_overheard(served: RunningServer) -> None:
    """Java's client offers HTTP/2 with its first request, which has a body all the same."""
    with served.client() as client:
        for cut in range(1, len(JAVA), 7):
            client.send(JAVA[:cut])
            client.send(JAVA[cut:] + LOCAL + b"\r\n" + JAVA)
            answers = [client.answer().json for _ in range(3)]
            assert [(known["method"], known["path"], known["body"]) for known in answers] == [
                ("POST", "/java", "hello"), ("GET", "/", ""), ("POST", "/java", "hello"),
            ]  # fmt: skip
            assert not {"upgrade", "connection", "http2-settings"} & set(answers[0]["headers"])


def test_an_offer_with_close_is_still_the_last_request(served: RunningServer) -> None:
    offer = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n"
    with served.client() as client:
        client.send(offer)
        assert client.answer().headers["connection"] == "close"
        assert client.rest() == b""


def test_the_standard_client_and_httpx_are_served(served: RunningServer) -> None:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=60)
    for method in ("GET", "PUT", "POST", "DELETE", "PATCH"):
        connection.request(method, "/std", body=b"x" * 100_000)
        assert len(json.loads(connection.getresponse().read())["body"]) == 100_000
    connection.request("POST", "/std", body=iter([b"one", b"two"]), encode_chunked=True)
    assert json.loads(connection.getresponse().read())["body"] == "onetwo"
    connection.close()
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as client:
        assert client.post("/x", content=b"y" * (4 << 20)).json()["body"] == "y" * (4 << 20)
        assert client.head("/x").content == b""
        assert client.get("/stream").text == "piece 0\npiece 1\npiece 2\n"


@pytest.mark.runs_program
def test_curl_is_served(served: RunningServer) -> None:
    try:
        version = subprocess.run(["curl", "--version"], check=False, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("curl is not installed")
    assert version.returncode == 0
    url = f"http://127.0.0.1:{served.port}/curl"
    command = ["curl", "-sS", "--data-binary", "@-", "-H", "Expect: 100-continue", url, url]
    done = subprocess.run(command, input=b"z" * 2_000_000, check=True, capture_output=True, timeout=60)
    assert done.stdout.count(b"z" * 2_000_000) == 2
    done = subprocess.run(["curl", "-sS", "--http1.0", url], check=True, capture_output=True, timeout=60)
    assert json.loads(done.stdout)["path"] == "/curl"
