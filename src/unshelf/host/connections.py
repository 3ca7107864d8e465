"""The host's socket: frames in, frames out, many requests at once on each connection."""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from unshelf.contracts.hosting import FromHost, ToHost, Wake

log = logging.getLogger(__name__)

Say = Callable[[FromHost], Awaitable[None]]
Answer = Callable[[ToHost, Say], Awaitable[FromHost]]

MAX_MESSAGE_BYTES = 64 << 20
_LENGTH = struct.Struct("<I")
_BACKLOG = 1024


def bind(path: Path) -> socket.socket:
    """The host's listening socket, only for our own user. It gets its name once it listens, in place of a dead host's."""
    nameless = path.with_name(f"{path.name}.{os.getpid()}")
    nameless.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listening.bind(str(nameless))
    finally:
        os.umask(mask)
    listening.listen(_BACKLOG)
    nameless.rename(path)
    return listening


class Connections:
    """All open connections and what was asked on them."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._wakes: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Hang up on everybody; what they asked for is cancelled and cleaned up."""
        tasks = [*self._wakes, *self._open]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until its sender hangs up, then cancel what it asked for, except to wake."""
        this = asyncio.current_task()
        assert this is not None  # noqa: S101 - a coroutine runs in a task
        self._open.add(this)
        this.add_done_callback(self._open.discard)
        connection = _Connection(writer, self._answer)
        requests: set[asyncio.Task[None]] = set()
        try:
            while (request := await _read(reader)) is not None:
                task = asyncio.create_task(connection.handle(request))
                kind = self._wakes if isinstance(request, Wake) else requests
                kind.add(task)
                task.add_done_callback(kind.discard)
        except (ConnectionError, msgspec.ValidationError, msgspec.DecodeError, _TooLarge) as error:
            log.warning("connection broken", extra={"reason": str(error)})
        finally:
            for task in requests:
                task.cancel()
            if requests:
                await asyncio.wait(requests)
            writer.close()


class _TooLarge(Exception):
    """A frame is longer than any message of ours."""


class _Connection:
    """One sender: answers are written whole, one after the other."""

    def __init__(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        self._writer = writer
        self._answer = answer
        self._encoder = msgspec.msgpack.Encoder()
        self._turn = asyncio.Lock()

    async def handle(self, request: ToHost) -> None:
        await self._say(await self._answer(request, self._say))

    async def _say(self, message: FromHost) -> None:
        payload = self._encoder.encode(message)
        async with self._turn:
            if self._writer.is_closing():
                return
            self._writer.write(_LENGTH.pack(len(payload)) + payload)
            try:
                await self._writer.drain()
            except ConnectionError:
                log.debug("sender is gone")


_decoder = msgspec.msgpack.Decoder(ToHost)


async def _read(reader: asyncio.StreamReader) -> ToHost | None:
    """The next message; None when the sender hung up."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MAX_MESSAGE_BYTES:
            raise _TooLarge(f"a message of {length} bytes")
        request: ToHost = _decoder.decode(await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None
    return request
