"""The listening sockets that are closed without a reset, and the connections that are counted, as the kernel has them."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.support.async_tests import in_event_loop
from unshelf.gateway.grpc.listening import ListeningSockets


def listen(port: int = 0, address: str = "127.0.0.1") -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, reuse_port=True)


@pytest.fixture
def mine() -> Iterator[socket.socket]:
    with listen() as listener:
        yield listener


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def test_it_finds_those_of_the_port_alone(mine: socket.socket) -> None:
    with listen(), connect(port_of(mine)), mine.accept()[0], socket.socket():
        assert len(ListeningSockets(port_of(mine))) == 1
        with listen(port_of(mine)):
            assert len(ListeningSockets(port_of(mine))) == 2


@in_event_loop
async def test_closed_it_leaves_new_connections_to_the_others(mine: socket.socket) -> None:
    """Given another listener on the port, when one closes, then all who connect reach the other, and the owner's file has nobody."""
    listening = ListeningSockets(port_of(mine))
    with listen(port_of(mine)) as other, contextlib.ExitStack() as connections:
        port = port_of(mine)
        await listening.close()
        for _ in range(20):
            connections.enter_context(connect(port))
            connections.enter_context(other.accept()[0])
        mine.setblocking(False)
        with pytest.raises(BlockingIOError):
            mine.accept()
        assert len(listening) == 0


@in_event_loop
async def test_a_connection_that_waits_is_accepted_first(mine: socket.socket) -> None:
    """Given somebody who waits in the queue, when the socket is closed, then that waits until its owner has accepted."""
    port = port_of(mine)
    listening = ListeningSockets(port)
    with connect(port) as waiting:
        closing = asyncio.create_task(listening.close())
        done, _ = await asyncio.wait([closing], timeout=1.0)
        assert not done
        with mine.accept()[0] as accepted:
            await closing
            waiting.sendall(b"here")
            assert accepted.recv(4) == b"here"


@in_event_loop
async def test_who_begins_to_connect_meanwhile_reaches_another(mine: socket.socket) -> None:
    """Given a socket that is about to close, when some connect just then, then none is refused or reset: all reach the other listener."""
    port = port_of(mine)
    listening = ListeningSockets(port)
    with listen(port) as other:
        closing = asyncio.create_task(listening.close())
        await asyncio.sleep(0)  # the first step: new connections are ignored
        connecting = [asyncio.create_task(asyncio.to_thread(connect, port)) for _ in range(4)]
        await closing
        for each in connecting:
            with await each, other.accept()[0]:
                pass


@in_event_loop
async def test_it_counts_connections_of_the_port(mine: socket.socket) -> None:
    port = port_of(mine)
    listening = ListeningSockets(port)
    with listen() as elsewhere, connect(port_of(elsewhere)):
        assert listening.connections() == 0
        with connect(port), mine.accept()[0]:
            assert listening.connections() == 1
            await listening.close()
            assert listening.connections() == 1
        assert listening.connections() == 0
