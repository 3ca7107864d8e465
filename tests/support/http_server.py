"""The HTTP server on a loopback socket, on uvloop in a thread, with a small application and a client that writes raw bytes."""

import asyncio
import http.client
import json
import logging
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import uvloop

from unshelf.gateway.http.exchange import Exchange
from unshelf.gateway.http.server import HttpServer

PATIENCE = 30.0
"""Seconds that a test waits for what must come."""
LARGE = 24 << 20
"""More than the buffers of both sides hold."""


class Application:
    """Answers by path; what it can't know from the request alone, a test sets here."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        """The targets of the requests that it was given, in order."""
        self.entered = threading.Semaphore(0)
        """One up for each request that waits at `/hold`."""
        self.left = threading.Event()
        """The client of `/follow` was seen to leave."""
        self._released = asyncio.Event()

    def release(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the requests at `/hold` go on."""
        loop.call_soon_threadsafe(self._released.set)

    def __call__(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None:
        self.seen.append(exchange.target)
        if exchange.path.startswith("/at-once"):
            exchange.response_ok(b"", b"at once")
            return None
        if exchange.path == "/raise":
            raise ValueError("as was wanted")
        return self._answer(exchange)

    async def _answer(self, exchange: Exchange) -> None:
        name = exchange.path.lstrip("/").partition("/")[0] or "root"
        await getattr(self, f"at_{name.replace('-', '_')}", self.at_root)(exchange)

    async def at_root(self, exchange: Exchange) -> None:
        """Tell what came."""
        body = b"".join([piece async for piece in exchange])
        told = {
            "method": exchange.method, "path": exchange.path, "target": exchange.target, "query": exchange.query_string,
            "headers": exchange.headers, "body": body.decode("latin-1"),
        }  # fmt: skip
        exchange.response_bytes(200, [("content-type", "application/json")], json.dumps(told).encode())

    async def at_hold(self, exchange: Exchange) -> None:
        self.entered.release()
        await self._released.wait()
        exchange.response_bytes(200, [], b"held")

    async def at_early(self, exchange: Exchange) -> None:
        exchange.response_bytes(413, [], b"too much")

    async def at_large(self, exchange: Exchange) -> None:
        exchange.response_bytes(200, [], bytes(LARGE))

    async def at_stream(self, exchange: Exchange) -> None:
        stream = exchange.response_stream(200, [])
        for number in range(3):
            await stream.send_str(f"piece {number}\n")

    async def at_endless(self, exchange: Exchange) -> None:
        stream = exchange.response_stream(200, [])
        while True:
            await stream.send_bytes(bytes(1 << 16))

    async def at_follow(self, exchange: Exchange) -> None:
        await exchange.response_stream(200, []).send_str("hello")
        await exchange.client_disconnect()
        self.left.set()
        exchange.break_off()

    async def at_status(self, exchange: Exchange) -> None:
        exchange.response_bytes(int(exchange.path.rpartition("/")[2]), [], b"a body")

    async def at_empty(self, exchange: Exchange) -> None:
        exchange.response_empty(200, [])

    async def at_fail(self, exchange: Exchange) -> None:
        raise ValueError("as was wanted")

    async def at_fail_midway(self, exchange: Exchange) -> None:
        await exchange.response_stream(200, []).send_str("half of")
        raise ValueError("as was wanted")

    async def at_fail_after(self, exchange: Exchange) -> None:
        exchange.response_bytes(200, [], b"whole")
        raise ValueError("as was wanted")

    async def at_cancelled(self, exchange: Exchange) -> None:
        raise asyncio.CancelledError

    async def at_short(self, exchange: Exchange) -> None:
        await exchange.response_stream(200, [("content-length", "10")]).send_str("half")

    async def at_long(self, exchange: Exchange) -> None:
        await exchange.response_stream(200, [("content-length", "4")]).send_str("fourHTTP/1.1 200 OK")

    async def at_twice(self, exchange: Exchange) -> None:
        exchange.response_bytes(200, [], b"first")
        exchange.response_bytes(200, [], b"second")

    async def at_silent(self, exchange: Exchange) -> None:
        """Give no answer."""

    async def at_inject(self, exchange: Exchange) -> None:
        try:
            exchange.response_bytes(200, [("x-name", json.loads(b"".join([piece async for piece in exchange])))], b"")
        except ValueError:
            exchange.response_bytes(500, [], b"refused")


class RunningServer:
    """A server with its application."""

    def __init__(self, application: Callable[[Exchange], Any] | None = None) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.unhandled: list[dict[str, Any]] = []
        """What reached the event loop's exception handler."""
        self.app = Application()
        self._application = application or self.app
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    def _run(self) -> None:
        uvloop.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(lambda _, context: self.unhandled.append(context))
        self.server = HttpServer(self._application, self.socket.fileno())
        self._ready.set()
        await self.server.serve()

    def leave(self, *, seconds: float) -> None:
        """Have it leave its work to the next server."""
        self.loop.call_soon_threadsafe(self.server.leave, seconds)

    def stop(self) -> None:
        """Tell the server to stop."""
        self.loop.call_soon_threadsafe(self.server.stop)

    def join(self) -> bool:
        """Wait for its end; False when it does not end."""
        self._thread.join(PATIENCE)
        return not self._thread.is_alive()

    def close(self) -> None:
        """Stop, and find that nothing went wrong unseen."""
        if self._thread.is_alive():
            self.app.release(self.loop)
            self.stop()
        assert self.join()
        self.socket.close()
        assert not self.unhandled, self.unhandled

    def loop_turns(self, count: int) -> None:
        """Wait until the server's loop went round so often: what had come for it by now, it has read."""
        for _ in range(count):
            turned = threading.Event()
            self.loop.call_soon_threadsafe(turned.set)
            assert turned.wait(PATIENCE)

    def client(self) -> "Client":
        """A new connection."""
        return Client(self.port)

    def ask(self, *pieces: bytes, method: str = "GET") -> "Answer":
        """The one answer to these bytes, on a connection of their own."""
        with self.client() as client:
            for piece in pieces:
                client.send(piece)
            return client.answer(method)

    def lives(self) -> bool:
        """Whether an ordinary request is answered."""
        return self.ask(b"GET /lives HTTP/1.1\r\nHost: x\r\n\r\n").status == 200


class Answer:
    """An answer as the standard library's client reads it."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        """The JSON of its body."""
        return msgspec.json.decode(self.body)


class _Kept:
    """A file that outlives the answers which are read from it."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def makefile(self, *_: Any) -> "_Kept":
        return self

    def close(self) -> None:
        """Stay open."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Client:
    """A connection that sends what it is told, well-formed or not."""

    def __init__(self, port: int, *, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send; that the other side hung up meanwhile is for `answer` and `rest` to find out."""
        try:
            self.socket.sendall(data)
        except ConnectionError:
            logging.getLogger(__name__).debug("the server hung up")

    def end(self) -> None:
        """Send nothing more, and go on listening."""
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer. Raises what http.client raises for one that is cut short."""
        response = http.client.HTTPResponse(_Kept(self.file), method=method)  # type: ignore[arg-type]
        response.begin()
        return Answer(response)

    def rest(self) -> bytes:
        """All that still comes until the server hangs up, in whichever way."""
        received = b""
        try:
            while piece := self.file.read1(1 << 20):
                received += piece
        except ConnectionError:
            pass
        return received
