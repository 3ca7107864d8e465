"""Bodies that are handed over: read where they lie; whatever is not as its frame says costs the connection, and leaves nothing open."""

import fcntl
import gc
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psutil
import pytest

from tests.support.descriptors import BODY, frame, hand, memory
from unshelf.contracts.protocols.frames import CANCEL, HANDED, NATIVE
from unshelf.worker.connections import HungUp, WorkerSocket


def descriptors() -> int:
    gc.collect()
    return psutil.Process().num_fds()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, WorkerSocket]]:
    """A gateway's end and a worker's; afterwards no descriptor is left."""
    gc.freeze()  # what lives already holds no descriptor of this test, and is many objects to go through
    before = descriptors()
    ours, theirs = socket.socketpair()
    with closing(ours), closing(WorkerSocket(theirs)) as connection:
        yield ours, connection
    assert descriptors() == before
    gc.unfreeze()


def receive(connection: WorkerSocket) -> list[tuple[int, bytes]]:
    """The ids and bodies of all requests that are there."""
    found: list[tuple[int, bytes]] = []
    while requests := connection.receive(0)[0]:
        found += [(request.id, bytes(request.body)) for request in requests]
    return found


def test_a_body_is_read_where_it_lies(pair: tuple[socket.socket, WorkerSocket]) -> None:
    ours, connection = pair
    hand(ours, frame(7, HANDED.pack(len(BODY))), memory())
    ((request,), _) = connection.receive(0)
    assert (request.id, request.size, bytes(request.body)) == (7, len(BODY), BODY)
    with pytest.raises(TypeError):
        request.body[0] = 0


def test_handed_bodies_keep_their_place_among_the_others(pair: tuple[socket.socket, WorkerSocket]) -> None:
    ours, connection = pair
    ours.sendall(frame(1, b"plain", protocol=NATIVE, flags=0))
    hand(ours, frame(2, HANDED.pack(3)), memory(b"two"))
    hand(ours, frame(3, HANDED.pack(5)), memory(b"three"))
    ours.sendall(frame(4, b"plain too", protocol=NATIVE, flags=0))
    assert receive(connection) == [(1, b"plain"), (2, b"two"), (3, b"three"), (4, b"plain too")]


def test_the_frame_may_be_cut_anywhere(pair: tuple[socket.socket, WorkerSocket]) -> None:
    ours, connection = pair
    whole = frame(1, HANDED.pack(3))
    for cut in range(1, len(whole)):
        hand(ours, whole[:cut], memory(b"cut"))
        assert connection.receive(0) == ([], [])
        ours.sendall(whole[cut:])
        assert receive(connection) == [(1, b"cut")]


def test_the_same_memory_may_be_handed_to_the_next_worker(pair: tuple[socket.socket, WorkerSocket]) -> None:
    ours, connection = pair
    kept = memory()
    for number in (1, 2):
        hand(ours, frame(number, HANDED.pack(len(BODY))), os.dup(kept))
        assert receive(connection) == [(number, BODY)]
    os.close(kept)


def pipe() -> int:
    reader, writer = os.pipe()
    os.close(writer)
    return reader


WRONG: dict[str, Any] = {
    "no descriptor came": lambda: (frame(1, HANDED.pack(3)), []),
    "it is smaller than said": lambda: (frame(1, HANDED.pack(4)), [memory(b"abc")]),
    "it is larger than said": lambda: (frame(1, HANDED.pack(2)), [memory(b"abc")]),
    "it is nothing": lambda: (frame(1, HANDED.pack(0)), [memory(b"")]),
    "it is not sealed": lambda: (frame(1, HANDED.pack(3)), [memory(b"abc", 0)]),
    "it may still be written": lambda: (frame(1, HANDED.pack(3)), [memory(b"abc", fcntl.F_SEAL_SHRINK)]),
    "it may still shrink": lambda: (frame(1, HANDED.pack(3)), [memory(b"abc", fcntl.F_SEAL_WRITE)]),
    "it is no memory": lambda: (frame(1, HANDED.pack(3)), [pipe()]),
    "two came": lambda: (frame(1, HANDED.pack(3)), [memory(b"abc"), memory(b"abc")]),
    "no frame speaks of it": lambda: (frame(1, b"plain", flags=0), [memory(b"abc")]),
    "a cancellation came with it": lambda: (frame(1, b"", kind=CANCEL), [memory(b"abc")]),
    "its size is not told": lambda: (frame(1, b""), [memory(b"abc")]),
    "more than its size is told": lambda: (frame(1, HANDED.pack(3) + b"x"), [memory(b"abc")]),
    "the frame holds a large body, too": lambda: (frame(1, BODY), []),
    "its protocol is not Arrow": lambda: (frame(1, HANDED.pack(3), protocol=NATIVE), [memory(b"abc")]),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_not_as_its_frame_says_costs_the_connection(
    pair: tuple[socket.socket, WorkerSocket], fault: str
) -> None:
    ours, connection = pair
    data, handed = WRONG[fault]()
    with pytest.raises(HungUp):
        for start in range(0, len(data), 1 << 16):  # what the socket holds
            hand(ours, data[start : start + (1 << 16)], *handed)
            connection.receive(0)
