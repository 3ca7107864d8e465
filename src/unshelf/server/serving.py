"""Serving an ASGI app on a unix socket, inside this process, with Granian."""

import asyncio
import contextlib
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server


async def serve(app: object, path: Path, stopping: asyncio.Event) -> None:
    """Serve until `stopping` is set and what is under way is answered. Nothing may be at `path`; the socket there is for
    this user alone, by the umask."""
    server = Server(
        target=app, uds=path, interface=Interfaces.ASGINL, websockets=False, log_enabled=False, backpressure=1024
    )
    server.bind_uds = path  # Granian makes it absolute, and the name of a socket has about a hundred characters at most
    serving = asyncio.create_task(server.serve())
    stop_wanted = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, stop_wanted}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]
    stop_wanted.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await stop_wanted
    await serving
