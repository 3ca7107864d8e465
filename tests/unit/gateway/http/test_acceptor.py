"""Gateways that share a listening socket share what comes to it."""

import asyncio
import socket

import uvloop

from unshelf.gateway.http.acceptor import Acceptor

PENDING = 40


def test_connections_that_wait_are_shared_out_and_none_is_lost() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=PENDING) as listening:
        clients = [socket.create_connection(listening.getsockname()) for _ in range(PENDING)]

        async def accept() -> list[int]:
            taken = [0, 0]
            done = asyncio.Event()
            loop = asyncio.get_running_loop()

            class Counting(asyncio.Protocol):
                def __init__(self, which: int) -> None:
                    self.which = which

                def connection_made(self, transport: asyncio.BaseTransport) -> None:
                    transport.close()

                def connection_lost(self, exc: Exception | None) -> None:
                    taken[self.which] += 1
                    if sum(taken) == PENDING:
                        done.set()

            acceptors = [
                Acceptor(loop, listening.dup(), lambda which=which: Counting(which))  # type: ignore[misc]
                for which in range(2)
            ]
            async with asyncio.timeout(30):
                await done.wait()
            for acceptor in acceptors:
                acceptor.close()
                acceptor.close()
            return taken

        taken = uvloop.run(accept())
        for client in clients:
            client.close()

    assert sum(taken) == PENDING
    assert min(taken) > PENDING // 4
