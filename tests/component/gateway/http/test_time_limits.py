"""Time and number: what clients may take slowly, and how many they may be. The limits are shortened, never the tests' patience."""

import gc
import socket
import weakref

import pytest

from tests.support.http_server import LARGE, Client, RunningServer
from tests.support.waiting import wait_until
from unshelf.gateway.http import server as servers
from unshelf.gateway.http.connection import Connection
from unshelf.gateway.http.exchange import Exchange

pytestmark = pytest.mark.serial

GET = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"


def until_refused(client: Client, piece: bytes) -> None:
    """Send this over and over, until the server hangs up."""
    with pytest.raises(ConnectionError):
        while True:
            client.socket.sendall(piece)


def test_a_head_that_comes_too_slowly_is_answered(hurried: RunningServer) -> None:
    for start in (b"", GET % b"/first"):
        with hurried.client() as client:
            client.send(start)
            if start:
                client.answer()
            client.send(b"GET / HTTP/1.1\r\nHo")
            answer = client.answer()
            assert (answer.status, answer.json["code"]) == (400, "malformed_request")
            assert "head" in answer.json["detail"]
            assert client.rest() == b""


def test_connections_that_say_nothing_are_closed(hurried: RunningServer) -> None:
    with hurried.client() as silent:
        assert silent.rest() == b""
    with hurried.client() as idle:
        idle.send(GET % b"/")
        assert idle.answer().status == 200
        assert idle.rest() == b""


def test_a_request_in_hand_has_the_time_that_the_application_takes(hurried: RunningServer) -> None:
    with hurried.client() as client, hurried.client() as idle:
        client.send(GET % b"/hold")
        assert hurried.app.entered.acquire(timeout=60)
        assert idle.rest() == b""  # the limits are over
        hurried.app.release(hurried.loop)
        assert client.answer().body == b"held"


@pytest.mark.parametrize("path", [b"/large", b"/endless"])
def test_a_client_that_takes_nothing_is_left(hurried: RunningServer, path: bytes) -> None:
    with hurried.client() as client:
        client.send(GET % path)
        wait_until(
            lambda: not hurried.server._state.connections and bool(hurried.app.seen), what="the connection is gone"
        )
    assert len(hurried.app.seen) == 1
    assert hurried.lives()


def test_a_client_that_takes_nothing_of_its_last_answer_is_left(hurried: RunningServer) -> None:
    with hurried.client() as client:
        client.send(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        wait_until(lambda: not hurried.server._state.connections and bool(hurried.app.seen))
    assert len(hurried.app.seen) == 1
    assert hurried.lives()


def test_a_client_that_takes_it_slowly_gets_all_of_it(hurried: RunningServer) -> None:
    """An answer may take far longer than the limit, as long as something of it is taken."""
    with hurried.client() as client:
        client.send(GET % b"/large")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.file.read(1)
        taken = 0
        connection = next(iter(hurried.server._state.connections))
        while taken < LARGE:
            taken += len(client.file.read(1 << 20))
            connection._moved_at -= 0.1  # a tenth of a second of the clock goes by: all in all, eight times the limit
        assert taken == LARGE


def test_a_client_that_sends_without_end_after_its_answer_is_left(hurried: RunningServer) -> None:
    with hurried.client() as client:
        client.send(b"POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert client.answer().status == 413
        until_refused(client, b"400\r\n" + bytes(1024) + b"\r\n")


def test_a_client_that_stays_after_a_refusal_is_left(hurried: RunningServer) -> None:
    with hurried.client() as client:
        client.send(b"nonsense\r\n\r\n")
        assert client.answer().status == 400
        wait_until(lambda: not hurried.server._state.connections)


def test_more_connections_than_allowed_are_refused_in_words(hurried: RunningServer) -> None:
    hurried.server._state.most_connections = 2
    clients = [hurried.client() for _ in range(2)]
    for client in clients:
        client.send(GET % b"/hold")
        assert hurried.app.entered.acquire(timeout=60)
    with hurried.client() as refused:
        answer = refused.answer()
        assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "overloaded", "1")
        wait_until(lambda: len(hurried.server._state.connections) == 2, what="the refused connection is gone")
    hurried.app.release(hurried.loop)
    for client in clients:
        assert client.answer().body == b"held"
        client.close()
    wait_until(lambda: not hurried.server._state.connections)
    assert hurried.lives()


def test_connections_leave_files_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, most in (
        (1024, 512),
        (256, 128),
        (4096, 3584),
        (1 << 20, 16_384),
        (servers.resource.RLIM_INFINITY, 16_384),
    ):
        monkeypatch.setattr(servers.resource, "getrlimit", lambda _, files=files: (files, files))
        assert servers._most_connections() == most


def test_stopping_answers_what_is_in_hand_and_hangs_up_on_the_rest(own: RunningServer) -> None:
    with own.client() as idle, own.client() as busy, own.client() as pipelining, own.client() as streaming:
        idle.send(GET % b"/")
        assert idle.answer().status == 200
        busy.send(GET % b"/hold")
        pipelining.send(GET % b"/hold" + GET % b"/never")
        streaming.send(GET % b"/large")
        assert own.app.entered.acquire(timeout=60)
        assert own.app.entered.acquire(timeout=60)
        wait_until(lambda: "/large" in own.app.seen)
        own.stop()
        assert idle.rest() == b""
        own.app.release(own.loop)
        for client in (busy, pipelining):
            answer = client.answer()
            assert (answer.body, answer.headers["connection"]) == (b"held", "close")
            assert client.rest() == b""
        assert len(streaming.answer().body) == LARGE
        streaming.close()
        assert own.join()
    assert "/never" not in own.app.seen
    with Client(own.port) as later:  # the listening socket is not ours to close: the next process takes what waits
        later.send(GET % b"/")


def test_connections_leave_nothing_behind(own: RunningServer) -> None:
    sent = (
        GET % b"/", GET % b"/stream", b"nonsense\r\n\r\n", b"GE", GET % b"/silent", GET % b"/cancelled", GET % b"/" + GET % b"/early",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhello",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    )  # fmt: skip
    gc.collect()
    gc.disable()  # nothing may be left to it
    try:
        for number in range(4000):
            client = socket.create_connection(("127.0.0.1", own.port))
            client.settimeout(60)
            client.sendall(sent[number % len(sent)])
            if number % 3:
                client.shutdown(socket.SHUT_WR)
                try:
                    while client.recv(65536):
                        pass
                except ConnectionError:
                    pass
            client.close()
        wait_until(lambda: not own.server._state.connections)
        own.loop_turns(3)
        kinds = [type(thing) for thing in gc.get_objects() if type(thing) in (Connection, Exchange)]
    finally:
        gc.enable()
    assert len(kinds) < 20, {kind: kinds.count(kind) for kind in set(kinds)}


def test_a_connection_is_freed_without_the_collector(own: RunningServer) -> None:
    with own.client() as client:
        client.send(GET % b"/")
        client.answer()
        seen = weakref.ref(next(iter(own.server._state.connections)))
        gc.disable()
        try:
            client.close()
            wait_until(lambda: seen() is None)
        finally:
            gc.enable()
        assert not own.server._state.connections
