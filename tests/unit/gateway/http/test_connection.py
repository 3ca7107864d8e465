"""What is not HTTP/1.1, or would be read in two ways, becomes no request: it is answered once, and the connection ends."""

import select

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.http_server import RunningServer

START = b"POST /smuggled HTTP/1.1\r\nHost: x\r\n"
CHUNKS = START + b"Transfer-Encoding: chunked\r\n\r\n"
BEFORE_THE_APPLICATION = {
    "length and chunks": START + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": START + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": START + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "the same length twice": START + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": START + b"Content-Length: 5, 5\r\n\r\nhello",
    "a signed length": START + b"Content-Length: +5\r\n\r\nhello",
    "a length in two words": START + b"Content-Length: 5 6\r\n\r\nhello",
    "an empty length": START + b"Content-Length:\r\n\r\n",
    "a length beyond 64 bits": START + b"Content-Length: 18446744073709551621\r\n\r\nhello",
    "an unknown coding": START + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding before chunked": START + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding after chunked": START + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": START + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity": START + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a coding after a vertical tab": START + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a folded coding": START + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /smuggled HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: x\n\n",
    "a bare line feed in a header": b"GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n",
    "a bare line feed at the end": b"GET / HTTP/1.1\r\nHost: x\r\n\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n",
    "a null in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "two tokens": b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/0.9 that says so": b"GET / HTTP/0.9\r\nHost: x\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an unknown method": b"FETCH / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in lower case": b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a relative target": b"GET smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
    "a raw byte in the target": b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a control character in the target": b"GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "another scheme": b"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target with a user": b"GET http://me@x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target without a host": b"GET http:///x HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\nanything",
}  # fmt: skip
IN_THE_BODY = {
    "a chunk size beyond 64 bits": CHUNKS + b"10000000000000000f\r\nabc",
    "a negative chunk size": CHUNKS + b"-1\r\nabc",
    "a chunk size with 0x": CHUNKS + b"0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a space": CHUNKS + b"3 \r\nabc\r\n0\r\n\r\n",
    "a bare line feed after a chunk size": CHUNKS + b"3\nabc\r\n0\r\n\r\n",
    "a bare line feed in an extension": CHUNKS + b"3;a\nabc\r\n0\r\n\r\n",
    "a chunk longer than it says": CHUNKS + b"3\r\nabcd\r\n0\r\n\r\n",
    "a length in the trailers": CHUNKS + b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n",
    "a coding in the trailers": CHUNKS + b"3\r\nabc\r\n0\r\nTransfer-Encoding: x\r\n\r\n",
}  # fmt: skip
NEXT = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "cut"])
@pytest.mark.parametrize("name", BEFORE_THE_APPLICATION)
def test_it_is_answered_400_and_the_application_never_sees_it(own: RunningServer, name: str, cut: bool) -> None:
    request = BEFORE_THE_APPLICATION[name]
    with own.client() as client:
        for piece in [request[at : at + 1] for at in range(len(request))] if cut else [request]:
            client.send(piece)
        client.send(NEXT)
        answer = client.answer()

        assert (answer.status, answer.json["code"]) == (400, "malformed_request")
        assert answer.headers["connection"] == "close"
        assert client.rest() == b""
    assert own.app.seen == []
    assert own.lives()


@pytest.mark.parametrize("name", IN_THE_BODY)
def test_a_broken_body_is_never_taken_for_a_whole_one(own: RunningServer, name: str) -> None:
    with own.client() as client:
        client.send(IN_THE_BODY[name] + NEXT)
        received = client.rest()

    assert received.count(b"HTTP/1.1 ") <= 1
    assert b" 200 " not in received
    assert own.app.seen in ([], ["/smuggled"])
    assert own.lives()


def test_what_came_before_the_fault_is_answered_first(own: RunningServer) -> None:
    for fault in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"):
        with own.client() as client:
            client.send(NEXT + NEXT.replace(b"next", b"second") + fault + NEXT)
            assert [client.answer().json["path"], client.answer().json["path"]] == ["/next", "/second"]
            assert client.answer().status == 400
            assert client.rest() == b""
    assert own.app.seen == ["/next", "/second"] * 3


def test_an_offer_of_another_protocol_in_a_bad_request_does_not_hide_the_one_before(own: RunningServer) -> None:
    offer = b"GET /offer HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"  # no host
    with own.client() as client:
        client.send(NEXT + offer)
        assert client.answer().json["path"] == "/next"
        assert client.answer().status == 400


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 12_000 + b"\r\n",
    ],
    ids=["target", "header", "headers"],
)
def test_heads_that_are_too_large_are_answered_431(own: RunningServer, request_bytes: bytes) -> None:
    answer = own.ask(request_bytes)

    assert (answer.status, answer.json["code"]) == (431, "head_too_large")
    assert own.app.seen == []


@pytest.mark.parametrize(
    ("start", "endless"),
    [
        (b"GET /", b"a"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"a"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX", b"a"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n"),
        (b"", b"\r\n"),
        (CHUNKS + b"0\r\n", b"A: b\r\n"),
        (CHUNKS + b"0\r\nA: ", b"b"),
        (CHUNKS + b"1;a=", b"b"),
        (CHUNKS + b"1", b";a"),
    ],
    ids=["target", "value", "name", "headers", "blanks", "trailers", "trailer", "extension", "extensions"],
)
def test_what_never_ends_is_cut_off(own: RunningServer, start: bytes, endless: bytes) -> None:
    with own.client() as client:
        client.send(start)
        sent, piece = 0, endless * (60_000 // len(endless))
        while sent < 64 << 20 and not select.select([client.socket], [], [], 0)[0]:
            try:
                sent += client.socket.send(piece)
            except ConnectionError:
                break
        assert sent < 64 << 20, "it was read without end"
        assert b" 200 " not in client.rest()
    assert own.lives()


def test_header_names_and_values_of_every_kind_come_through(served: RunningServer) -> None:
    known = served.ask(b"GET / HTTP/1.1\r\nhOsT: x\r\nX-Latin: \xe9\xa0\r\nX-Empty:\r\nX-Tab: a\tb\r\n\r\n").json

    assert known["headers"] == {"host": "x", "x-latin": "\xe9\xa0", "x-empty": "", "x-tab": "a\tb"}


FRAGMENTS = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n", b"POST /early HTTP/1.1\r\n", b"Host: x\r\n", b"Content-Length: 3\r\n", b"\r\n", b"abc",
        b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"Connection: close\r\n", b"Upgrade: h2c\r\n",
        b"Connection: upgrade\r\n", b"Expect: 100-continue\r\n", b"GET /stream HTTP/1.0\r\n", b"CONNECT x:1 HTTP/1.1\r\n",
        b"HEAD /large HTTP/1.1\r\n", b"GET /fail-midway HTTP/1.1\r\n", b"\r", b"\n", b" ", b":", b"%", b"\x00",
    ]
)  # fmt: skip


@given(pieces=st.lists(st.binary(max_size=30) | FRAGMENTS | FRAGMENTS, max_size=25), half=st.booleans())
@settings(max_examples=250, deadline=None)
def test_whatever_is_sent_gets_answers_or_an_end_and_the_server_lives_on(
    served: RunningServer, pieces: list[bytes], half: bool
) -> None:
    with served.client() as client:
        for piece in pieces:
            client.send(piece)
        if half:
            try:
                client.end()
            except OSError:
                return  # the server has hung up
            received = client.rest()
            assert received == b"" or received.startswith(b"HTTP/1.1 ")
    assert served.lives()
