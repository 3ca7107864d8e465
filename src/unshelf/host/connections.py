"""The host's socket: frames in, frames out, many requests at once on each connection."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from unshelf.contracts.protocols.host import FromHost, ToHost, Wake
from unshelf.runtime.messages import MessageReader, frame_message

logger = logging.getLogger(__name__)

Say = Callable[[FromHost], Awaitable[None]]
Answer = Callable[[ToHost, Say], Awaitable[FromHost]]

_messages: MessageReader[ToHost] = MessageReader(ToHost)


class Connections:
    """All open connections and what was asked on them."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._wakes: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.Task[None]] = set()
        self._closing = False

    async def close(self) -> None:
        """Hang up on everybody; what they asked for is cancelled and cleaned up."""
        self._closing = True
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
            while (request := await _next_request(reader)) is not None:
                task = asyncio.create_task(connection.handle(request))
                kind = self._wakes if isinstance(request, Wake) else requests
                kind.add(task)
                task.add_done_callback(kind.discard)
        except (ConnectionError, msgspec.ValidationError, msgspec.DecodeError) as error:
            logger.warning("connection broken", extra={"reason": str(error)})
        except asyncio.CancelledError:
            if not self._closing:
                raise  # else we hang up: asyncio would log a task of a connection that ends so as an error
        finally:
            for task in requests:
                task.cancel()
            if requests:
                await asyncio.wait(requests)
            writer.close()


class _Connection:
    """One sender: answers are written whole, one after the other."""

    def __init__(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        self._writer = writer
        self._answer = answer
        self._turn = asyncio.Lock()

    async def handle(self, request: ToHost) -> None:
        await self._say(await self._answer(request, self._say))

    async def _say(self, message: FromHost) -> None:
        frame = frame_message(message)
        async with self._turn:
            if self._writer.is_closing():
                return
            self._writer.write(frame)
            try:
                await self._writer.drain()
            except ConnectionError:
                logger.debug("sender is gone")


async def _next_request(reader: asyncio.StreamReader) -> ToHost | None:
    """Read the next request; None when the sender hung up."""
    try:
        return await _messages.read(reader)
    except asyncio.IncompleteReadError:
        return None
