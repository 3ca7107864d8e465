"""Pipes on the event loop: connected whole or not at all, and closed once."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

TransportT = TypeVar("TransportT", bound=asyncio.BaseTransport)
ProtocolT = TypeVar("ProtocolT", bound=asyncio.BaseProtocol)


async def connected(connecting: Coroutine[Any, Any, tuple[TransportT, ProtocolT]]) -> tuple[TransportT, ProtocolT]:
    """The result of the loop's `connect_read_pipe` or `connect_write_pipe`; being cancelled closes the pipe.

    Cancelled on its own, the loop closes a descriptor that the pipe's file object closes again later, when the number may
    belong to something else."""
    task = asyncio.ensure_future(connecting)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        transport, _ = await task
        transport.close()
        raise
