"""The server as a whole: it ends in order, and takes no more connections than it has files for."""

import asyncio
import resource
import socket

import pytest

from tests.support.http_server import RunningServer
from unshelf.gateway.http.server import MAX_CONNECTIONS, HttpServer

GET = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_server_that_stops_answers_what_is_under_way_and_hangs_up_on_the_idle(own: RunningServer) -> None:
    with own.client() as busy, own.client() as idle:
        idle.send(GET % b"/")
        assert idle.answer().status == 200
        busy.send(GET % b"/hold")
        assert own.app.entered.acquire(timeout=60)
        own.stop()
        assert idle.rest() == b""
        own.app.release(own.loop)
        answer = busy.answer()
        assert (answer.body, answer.headers["connection"]) == (b"held", "close")
    assert own.join()


def test_a_server_that_leaves_serves_the_connections_it_has_and_each_ends_with_its_next_answer(
    own: RunningServer,
) -> None:
    with own.client() as one, own.client() as other, own.client() as resting:
        for client in (one, other, resting):
            client.send(GET % b"/")
            assert "connection" not in client.answer().headers
        other.send(GET % b"/hold")
        assert own.app.entered.acquire(timeout=60)
        own.leave(seconds=1.0)
        own.loop_turns(2)
        with own.client() as next_one:  # it waits for the server that takes this one's place
            one.send(GET % b"/at-once")
            answer = one.answer()
            assert (answer.body, answer.headers["connection"]) == (b"at once", "close")
            assert resting.rest() == b"", "it asked nothing for a second"
            own.app.release(own.loop)
            answer = other.answer()
            assert (answer.body, answer.headers["connection"]) == (b"held", "close")
            assert own.join()
            assert next_one.socket.getpeername()


def test_the_listening_socket_stays_open_for_the_next_server(own: RunningServer) -> None:
    own.stop()
    assert own.join()
    with own.client() as waiting:  # it is in the backlog of the socket that the supervisor owns
        assert waiting.socket.getpeername()


@pytest.mark.parametrize(
    ("files", "most"),
    [(100, 50), (1024, 512), (4096, 3584), (1 << 20, MAX_CONNECTIONS), (resource.RLIM_INFINITY, MAX_CONNECTIONS)],
)
def test_connections_leave_files_to_the_rest(monkeypatch: pytest.MonkeyPatch, files: int, most: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))

    async def build() -> int:
        with socket.socket() as listening:
            return HttpServer(lambda _: None, listening.fileno())._state.most_connections

    assert asyncio.run(build()) == most
