"""The HTTP server: accepts on the listening socket that the supervisor owns, watches over the clock, and ends in order."""

import asyncio
import os
import socket

from unshelf.gateway.http.connection import App, Connection, Holder

_BACKLOG = 4096
_TICK_SECONDS = 1.0


class HttpServer:
    """Serves one application on a listening socket that is given by its file descriptor, which stays open."""

    def __init__(self, app: App, listen_fd: int) -> None:
        self._holder = Holder(app)
        self._listen_fd = listen_fd
        self._stopping = asyncio.Event()

    async def serve(self) -> None:
        """Serve until `stop`, and until what is in flight then is answered."""
        loop = asyncio.get_running_loop()
        holder = self._holder
        listener = socket.socket(fileno=os.dup(self._listen_fd))
        holder.now = loop.time()
        server = await loop.create_server(lambda: Connection(holder), sock=listener, backlog=_BACKLOG)
        ticking = loop.create_task(self._tick())
        try:
            await self._stopping.wait()
            server.close()
            holder.stopping = True
            while holder.connections:
                for connection in list(holder.connections):
                    connection.stop()
                await asyncio.sleep(_TICK_SECONDS / 50)
        finally:
            ticking.cancel()
            server.close()

    def stop(self) -> None:
        """Take no more connections, and let `serve` end."""
        self._stopping.set()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        holder = self._holder
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            holder.now = loop.time()
            for connection in list(holder.connections):
                connection.look_at_clock()
