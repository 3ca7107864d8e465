"""The HTTP server: accepts on the listening socket that the supervisor owns, watches over the clock, and ends in order."""

import asyncio
import logging
import os
import resource
import socket

from unshelf.gateway.http.acceptor import Acceptor
from unshelf.gateway.http.connection import App, Connection, ServerState

MAX_CONNECTIONS = 16_384
_OTHER_FILES = 512
"""Open files that connections leave to workers, records and control."""
_BACKLOG = 4096
_TICK_SECONDS = 1.0
_LAST_SECONDS = 0.5
_ALIVE_SECONDS = 60
"""How long a silent client is believed to be there before its machine is asked."""

logger = logging.getLogger(__name__)


class HttpServer:
    """Serves one application on a listening socket that is given by its file descriptor, which stays open."""

    def __init__(self, app: App, listen_fd: int) -> None:
        self._state = ServerState(app, _most_connections())
        self._listen_fd = listen_fd
        self._stopping = asyncio.Event()
        self._leaving = asyncio.Event()
        self._leave_seconds = 0.0
        self._accepts_to_the_end = False

    async def serve(self) -> None:
        """Serve until `stop`, and until what is in flight then is answered."""
        loop = asyncio.get_running_loop()
        state = self._state
        listener = socket.socket(fileno=os.dup(self._listen_fd))
        _find_the_dead(listener)
        state.now = loop.time()
        listener.listen(_BACKLOG)
        acceptor = Acceptor(loop, listener, lambda: Connection(state))
        ticking = loop.create_task(self._tick())
        try:
            await self._either(self._stopping, self._leaving)
            if not self._stopping.is_set():
                acceptor.close()
                await self._leave(loop)
            state.stopping = True
            if not self._accepts_to_the_end:
                acceptor.close()
            in_flight = set(state.connections)
            while in_flight := in_flight & state.connections:
                for connection in in_flight:
                    connection.stop()
                await asyncio.sleep(_TICK_SECONDS / 50)
            acceptor.close()
            await self._let_go(loop.time() + _LAST_SECONDS)
        finally:
            ticking.cancel()
            acceptor.close()
            for connection in list(state.connections):  # those that did not end in time
                connection.abort()

    def stop(self, *, accepting: bool = False) -> None:
        """Let `serve` end once the requests of the connections that are open now are answered.

        `accepting`: connections are taken until then, by an application that refuses: where the whole server stops, who connects now is
        to hear of it, and not to wait for nothing. Else they are left to the other gateways."""
        self._accepts_to_the_end = accepting
        self._stopping.set()

    def leave(self, seconds: float) -> None:
        """Accept no more, and let `serve` end once every connection has: with its next answer, or after `seconds` without a request.

        Another server accepts on the same socket. `stop` ends the wait."""
        self._leave_seconds = seconds
        self._state.leaving = True
        self._leaving.set()

    async def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve the connections that are open until they end; its client sends the next request elsewhere."""
        rests_until = loop.time() + self._leave_seconds
        while self._state.connections and not self._stopping.is_set():
            if loop.time() >= rests_until:
                for connection in list(self._state.connections):
                    connection.stop()
            await asyncio.sleep(_TICK_SECONDS / 20)

    @staticmethod
    async def _either(*events: asyncio.Event) -> None:
        waiting = [asyncio.create_task(event.wait()) for event in events]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _let_go(self, deadline: float) -> None:
        """Give those who connected since then the moment that an answer takes."""
        while self._state.connections and asyncio.get_running_loop().time() < deadline:
            for connection in list(self._state.connections):
                connection.stop()
            await asyncio.sleep(_TICK_SECONDS / 50)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        state = self._state
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            state.now = loop.time()
            state.unread.relieve(state.now)
            for connection in list(state.connections):
                try:
                    connection.check_timeouts()
                except Exception:
                    logger.exception("the clock of a connection could not be looked at")


def _most_connections() -> int:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, max(files // 2, files - _OTHER_FILES))


def _find_the_dead(listener: socket.socket) -> None:
    """Have the kernel ask silent clients whether they are there; accepted sockets inherit it."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE") and listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _ALIVE_SECONDS)
