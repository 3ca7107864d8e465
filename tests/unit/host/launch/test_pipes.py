"""A pipe that is being connected is either given or closed, also when its waiter is cancelled."""

import asyncio
import os

import pytest

from unshelf.host.launch.pipes import connected


def test_a_connected_pipe_is_given() -> None:
    async def run() -> None:
        reading, writing = os.pipe()
        loop = asyncio.get_running_loop()
        transport, _ = await connected(loop.connect_read_pipe(asyncio.Protocol, os.fdopen(reading, "rb")))
        assert not transport.is_closing()
        transport.close()
        os.close(writing)

    asyncio.run(run())


def test_a_cancelled_connection_is_closed() -> None:
    async def run() -> None:
        made: list[asyncio.ReadTransport] = []
        reading, writing = os.pipe()
        gate = asyncio.Event()

        async def connecting() -> tuple[asyncio.ReadTransport, asyncio.Protocol]:
            await gate.wait()
            transport, protocol = await asyncio.get_running_loop().connect_read_pipe(
                asyncio.Protocol, os.fdopen(reading, "rb")
            )
            made.append(transport)
            return transport, protocol

        waiting = asyncio.create_task(connected(connecting()))
        await asyncio.sleep(0)
        waiting.cancel()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert made[0].is_closing()
        os.close(writing)

    asyncio.run(run())
