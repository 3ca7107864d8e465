"""Listening sockets of strangers: what else is sent is closed, and one that blocks blocks nobody."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.host.egress.listeners import accept_now, bound_waiting, receive_listeners


@pytest.fixture
def _alarm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    bound_waiting()
    yield
    signal.signal(signal.SIGALRM, before)


def received(*descriptors: int) -> list[socket.socket]:
    """What comes of sending these."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        socket.send_fds(theirs, [b"x"], list(descriptors))
        return receive_listeners(ours)


def test_listening_sockets_arrive_in_order() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        found = received(one.fileno(), other.fileno())
        assert [each.getsockname() for each in found] == [one.getsockname(), other.getsockname()]
        assert [each.getblocking() for each in found] == [False, False]
        for each in found:
            each.close()


def test_where_anything_else_is_among_them_there_are_none_and_nothing_stays_open() -> None:
    one, other = socket.socketpair()
    null = os.open(os.devnull, os.O_RDONLY)
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as bound:
        open_before = len(list(Path("/proc/self/fd").iterdir()))
        for descriptor in (one.fileno(), null, bound.fileno()):
            assert received(listening.fileno(), descriptor, listening.fileno()) == []
        assert len(list(Path("/proc/self/fd").iterdir())) == open_before
    os.close(null)
    one.close()
    other.close()


@pytest.mark.usefixtures("_alarm")
def test_nobody_waits_at_a_socket_that_a_stranger_made_block() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        (given,) = received(listening.fileno())
        with given:
            with pytest.raises(BlockingIOError):
                accept_now(given)
            os.set_blocking(listening.fileno(), True)
            began = time.monotonic()
            with pytest.raises(TimeoutError):
                accept_now(given)
            assert time.monotonic() - began < 30
            with socket.create_connection(listening.getsockname()) as caller, accept_now(given) as connection:
                assert connection.getpeername() == caller.getsockname()
