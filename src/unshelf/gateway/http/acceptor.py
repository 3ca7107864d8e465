"""Accepts connections one at a time, so that gateways which share a listening socket share the connections, too."""

import asyncio
import logging
import socket
from collections.abc import Callable

_REST_SECONDS = 0.5
"""How long nothing is accepted after the system could not give a connection, for want of files, say."""

logger = logging.getLogger(__name__)


class Acceptor:
    """Accepts at most one connection in each turn of the loop: a server of the loop's own takes all that wait in its first
    turn, and leaves none of a burst to its neighbours. Closes the listener in the end."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: socket.socket, protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._protocol = protocol
        self._connecting: set[asyncio.Task[object]] = set()
        self._resting: asyncio.TimerHandle | None = None
        self._closed = False
        listener.setblocking(False)
        self._watch()

    def close(self) -> None:
        """Accept no more. Closing twice is a no-op."""
        if self._closed:
            return
        self._closed = True
        if self._resting is not None:
            self._resting.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    def _watch(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            connected, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # a neighbour was quicker, or the client left
        except OSError as error:
            logger.error("no connection can be accepted for a moment", extra={"error": str(error)})
            self._loop.remove_reader(self._listener)
            self._resting = self._loop.call_later(_REST_SECONDS, self._watch)
            return
        connected.setblocking(False)
        task = self._loop.create_task(self._connect(connected))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, connected: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, connected)
        except OSError as error:  # it left before it was here
            logger.debug("a connection could not be taken", extra={"error": str(error)})
            connected.close()
