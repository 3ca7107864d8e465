"""One connection: bytes in, exchanges out, one at a time and in order, whatever the client does."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from unshelf.contracts.problems import PROBLEM_TYPE, encode_problem, problem
from unshelf.gateway.http.exchange import Exchange, Gone, Head
from unshelf.gateway.http.heads import CONTINUE, encode_head
from unshelf.gateway.http.known import KnownHeads
from unshelf.gateway.http.requests import BadTarget, fault_of_head, head_without_upgrade, read_target

HEAD_BYTES = 64 << 10
"""What a request's line and headers may come to; so may what a chunked body has beside its content, in a row."""
HEAD_SECONDS = 15.0
IDLE_SECONDS = 120.0
"""How long a connection may rest between requests: longer than the pools of common clients keep theirs."""
LINGER_SECONDS = 2.0
"""How long we listen to a client that still sends what nobody wants, so that it hears the answer and not a reset."""
STUCK_SECONDS = 60.0
"""How long a client may take nothing of an answer that is there for it."""
_BUFFERED_BYTES = 512 << 10
"""Of a body that the application is slow to take; then the client has to wait."""
_PIPELINED = 16
"""Requests that may wait behind the one that is being answered before we stop reading; what was read by then waits, too."""
_REFUSED_AT_ONCE = 256
"""Connections beyond the limit that are told so; one more is just closed."""
_SINGLE = frozenset(
    {"host", "authorization", "content-length", "content-type", "content-encoding", "origin", "traceparent"}
)

logger = logging.getLogger(__name__)

App = Callable[[Exchange], Coroutine[Any, Any, None] | None]
"""Answers a request, or gives the coroutine that will."""


class Holder:
    """What all connections of a server share."""

    def __init__(self, app: App, most_connections: int) -> None:
        self.app = app
        self.most_connections = most_connections
        self.now = 0.0
        """The loop's clock, a second coarse."""
        self.stopping = False
        self.connections: set[Connection] = set()
        self.known = KnownHeads()


class Connection(asyncio.Protocol):
    """An accepted connection. The parser calls `on_…`, the loop the methods of asyncio.Protocol, the exchange those of Wire."""

    _bare = 0
    """Bytes that came of a chunked body and held nothing of its content, in a row; -1: the last ones did."""
    _ended = False
    """Whether the client sends nothing more, but may listen."""
    _moved_at = 0.0
    """When the client last took something of what is there for it, as far as the clock's looks tell."""
    _unsent = 0
    """Bytes that the client had not taken at the clock's last look."""
    _advancing = False
    """Whether `_next` is at work: an application that answers at once must not call it again from inside."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._loop = asyncio.get_running_loop()
        self._parser: Any = HttpRequestParser(self)
        self._transport: Any = None
        self._peer = ""
        self._since = holder.now
        """When what it is at began."""
        self._between = True
        """Whether what comes next begins a request."""
        self._in_head = True
        """Whether the headers of a request are awaited that has begun, or is the first one."""
        self._head_raw = 0
        """Bytes that came and were all of this head."""
        self._head_parsed = 0
        """Bytes of its target and its headers."""
        self._fault = ""
        """What is wrong with what the client sent: nothing after that is understood."""
        self._fault_code = "malformed_request"
        self._url = b""
        self._headers: dict[str, str] = {}
        self._receiving: Exchange | None = None
        """The one whose body is coming."""
        self._current: Exchange | None = None
        """The one that the application has."""
        self._task: asyncio.Task[None] | None = None
        self._queue: deque[Exchange] = deque()
        self._paused = False
        """Whether we stopped reading."""
        self._same_head = False
        """Whether the bytes that are being parsed began no other request."""
        self._lingering = False
        self._lost = False
        self._blocked = False
        """Whether the client does not take what we send."""
        self._drain: asyncio.Future[None] | None = None

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: accepted."""
        self._transport = cast(asyncio.Transport, transport)
        connections, most = self._holder.connections, self._holder.most_connections
        if len(connections) >= most + _REFUSED_AT_ONCE:
            self._lingering = True
            self._transport.abort()
            return
        connections.add(self)
        if len(connections) > most:
            self._fail("overloaded", "the server has as many connections as it can hold")

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came in."""
        if self._lingering:
            return
        fresh = self._between and self._current is None and not self._blocked  # so nothing waits to be answered first
        if fresh:
            known = self._holder.known.find(data)
            if known is not None:
                self._in_head = False
                self._give(Exchange(self, *known))
                return
        in_head, self._same_head = self._in_head, True
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._ignore_upgrade(memoryview(data)[upgrade.args[0] :])
        except HttpParserError as error:
            self._misread(error)
        if in_head and self._in_head and self._same_head:
            self._count_head(raw=len(data))
        if fresh and self._between and len(self._queue) == 1 and not self._fault:
            self._holder.known.remember(data, self._queue[0].head)
        if self._current is None:
            self._next()
        if self._receiving is not None:
            self._watch_body(self._receiving, len(data), begun=in_head or not self._same_head)
        if self._fault:
            self._give_up()

    def eof_received(self) -> bool:
        """asyncio: the client sends no more. It may still listen: what came whole is answered."""
        self._ended = True
        cut, self._receiving = self._receiving, None
        if cut is not None:
            cut.client_gone()
            if self._queue and self._queue[-1] is cut:
                self._queue.pop()
        if self._lingering or (self._current is None and not self._queue):
            return False
        waiting = [*([self._current] if self._current else []), *self._queue]
        waiting[-1].keep_alive = False
        for exchange in waiting:
            exchange.client_leaves()
        self._paused = False  # nothing is read any more
        return True

    def pause_writing(self) -> None:
        """asyncio: the client does not take what we send."""
        self._blocked = True

    def resume_writing(self) -> None:
        """asyncio: it took most of it."""
        self._blocked = False
        self._moved_at = self._holder.now
        if self._drain is not None and not self._drain.done():
            self._drain.set_result(None)
        if self._current is None:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """asyncio: the client is gone, or we hung up."""
        self._lost = True
        self._holder.connections.discard(self)
        self._parser = None  # it holds our methods
        for exchange in (self._receiving, self._current):
            if exchange is not None:
                exchange.client_gone()
        self._receiving = self._current = None  # they hold us, too
        self._queue.clear()
        if self._drain is not None and not self._drain.done():
            self._drain.set_exception(Gone())

    # --- what the parser calls ---

    def on_message_begin(self) -> None:
        """A request begins."""
        if not self._in_head:
            self._in_head = True
            self._since = self._holder.now
        self._same_head = self._between = False
        self._head_raw = self._head_parsed = 0
        self._url = b""
        self._headers = {}

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._url += url
        self._count_head(parsed=len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or after the body a trailer, which nobody needs."""
        if not self._in_head:
            return
        self._count_head(parsed=len(name) + len(value) + 4)
        key, text = name.decode("latin-1").lower(), value.rstrip().decode("latin-1")
        if key in self._headers:
            if key in _SINGLE:
                self._fault = f"the header {key} may be there only once"
            text = f"{self._headers[key]}, {text}"
        self._headers[key] = text

    def on_headers_complete(self) -> None:
        """The request's head is whole."""
        self._in_head = False
        parser, headers = self._parser, self._headers
        version = parser.get_http_version()
        if version != "1.1" or "host" not in headers or "transfer-encoding" in headers:
            self._fault = self._fault or fault_of_head(version, headers)
        if self._fault:
            return
        try:
            target, path, query, host = read_target(self._url)
        except BadTarget as bad:
            self._fault = str(bad)
            return
        if host:
            headers["host"] = host
        old = version == "1.0"
        # A client of HTTP/1.0 would have to be told that its connection is kept. One that is closed needs no such words.
        head = Head(
            method=parser.get_method().decode(), target=target, path=path, query_string=query, headers=headers,
            keep_alive=not old and parser.should_keep_alive(), old=old,
        )  # fmt: skip
        exchange = Exchange(self, head)
        if "expect" in headers:
            exchange.expects = not old and headers["expect"].lower() == "100-continue"
        self._receiving = exchange
        self._queue.append(exchange)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._receiving is not None:
            self._receiving.piece_came(body)
            self._bare = -1

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._between = True
        if self._receiving is not None:
            self._receiving.completed()
            self._receiving = None
        if len(self._queue) > _PIPELINED:
            self._pause()

    # --- Wire ---

    @property
    def peer(self) -> str:
        """See Wire."""
        if not self._peer:
            name = self._transport.get_extra_info("peername")
            self._peer = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else ""
        return self._peer

    @property
    def closing(self) -> bool:
        """See Wire."""
        return self._holder.stopping

    def write(self, data: bytes) -> None:
        """See Wire."""
        if not self._lost and not self._transport.is_closing():
            self._transport.write(data)

    async def drained(self) -> None:
        """See Wire."""
        if self._lost or self._transport.is_closing():
            raise Gone
        if self._blocked:
            self._drain = self._loop.create_future()
            await self._drain

    def wants_body(self, exchange: Exchange) -> None:
        """See Wire."""
        if exchange.expects:
            exchange.expects = False
            if not exchange.answer_begun:
                self.write(CONTINUE)
        self._resume()

    def answered(self, exchange: Exchange) -> None:
        """See Wire."""
        self._since = self._holder.now
        self._current = None
        if exchange.keep_alive and not self._holder.stopping:
            if self._queue:
                self._next()
            elif self._fault:
                self._fail(self._fault_code, self._fault)
        else:
            # Whatever else the client sends or sent is read and forgotten: closing over it would reset the connection.
            wait = not exchange.complete or self._paused or bool(self._queue) or bool(self._fault)
            self._receiving = None
            self._queue.clear()
            self._hang_up(wait=wait)

    def abort(self) -> None:
        """See Wire."""
        if not self._lost:
            self._transport.abort()

    # --- the server's ---

    def look_at_clock(self) -> None:
        """End what takes too long; called about every second."""
        now = self._holder.now
        if self._is_unsent(now):
            return
        waited = now - self._since
        if self._lingering:
            if waited > LINGER_SECONDS:
                self._transport.close()
        elif self._current is None:
            if self._in_head and self._head_parsed + self._head_raw and waited > HEAD_SECONDS:
                self._fail("malformed_request", f"the request's head took longer than {HEAD_SECONDS:g} seconds")
            elif waited > (HEAD_SECONDS if self._in_head else IDLE_SECONDS):
                self._transport.close()

    def stop(self) -> None:
        """Hang up, now or when the request in hand is answered."""
        if self._current is None and not self._queue and not self._lingering and not self._lost:
            self._transport.close()

    # --- inside ---

    def _next(self) -> None:
        """Give the application the next request, if there is one and the client takes its answers."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._current is None and self._queue and not self._blocked and not self._lost:
                self._give(self._queue.popleft())
        finally:
            self._advancing = False
        if self._paused and not self._queue and not self._fault:
            self._resume()

    def _give(self, exchange: Exchange) -> None:
        """Give the application this request."""
        self._current = exchange
        try:
            work = self._holder.app(exchange)
        except Exception:
            logger.exception("a request failed", extra={"method": exchange.method, "path": exchange.path[:200]})
            exchange.break_off()
            return
        if work is not None:
            self._task = self._loop.create_task(self._run(exchange, work))

    async def _run(self, exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Gone:
            exchange.break_off()
        except Exception:
            logger.exception("a request failed", extra={"method": exchange.method, "path": exchange.path[:200]})
            exchange.break_off()
        except asyncio.CancelledError:  # the client must not wait for ever
            exchange.break_off()
        else:
            exchange.finish()

    def _is_unsent(self, now: float) -> bool:
        """Whether something that was sent waits for the client to take it; one that takes nothing for long is left."""
        unsent: int = self._transport.get_write_buffer_size()
        if not self._unsent or unsent < self._unsent:
            self._moved_at = now
        self._unsent = unsent
        if unsent and now - self._moved_at > STUCK_SECONDS:
            self.abort()
        return unsent > 0

    def _misread(self, error: HttpParserError) -> None:
        if isinstance(error, HttpParserCallbackError):
            logger.error("reading a request failed", exc_info=error)
            self._fault_code = "internal_error"
            self._fault = "the server failed; its log knows why"
        self._fault = self._fault or f"the request is not written as HTTP/1.1 wants it: {error}"

    def _count_head(self, *, raw: int = 0, parsed: int = 0) -> None:
        self._head_raw += raw
        self._head_parsed += parsed
        if max(self._head_raw, self._head_parsed) > HEAD_BYTES:
            self._fault_code = "head_too_large"
            self._fault = self._fault or f"the request's line and headers are larger than {HEAD_BYTES >> 10} KiB"

    def _watch_body(self, exchange: Exchange, size: int, *, begun: bool) -> None:
        """Of a body that is not whole yet so many bytes came. `begun`: there is something of its head, or of others, among them."""
        self._bare = 0 if begun or self._bare < 0 else self._bare + size
        if self._bare > HEAD_BYTES:
            self._fault_code = "head_too_large"
            self._fault = (
                f"the body's trailers, or what its chunks have beside it, are larger than {HEAD_BYTES >> 10} KiB"
            )
        exchange.gather()
        if exchange.buffered > _BUFFERED_BYTES:
            self._pause()

    def _pause(self) -> None:
        if not self._paused and not self._ended and not self._lost and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not self._lost and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def _ignore_upgrade(self, rest: memoryview) -> None:
        """A client offered another protocol (Java's offers HTTP/2 with its first request), which it must be ready to do without:
        read the request again without the offer. What the parser said after its head is to be forgotten."""
        while not self._fault:
            head = head_without_upgrade(self._queue.pop().head)
            self._parser = HttpRequestParser(self)
            try:
                self._parser.feed_data(head)
                self._parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
            except HttpParserError as error:
                self._misread(error)
            else:
                return

    def _give_up(self) -> None:
        """The client does not speak HTTP, or no longer: say so, after what it is owed."""
        if self._receiving is not None:
            self._receiving.client_gone()
            self._receiving = None
        if self._current is None and not self._queue:
            self._fail(self._fault_code, self._fault)
        else:
            self._pause()

    def _fail(self, code: str, detail: str) -> None:
        """Answer what never became an exchange."""
        value = problem(code, detail)
        body = encode_problem(value)
        headers = [("content-type", PROBLEM_TYPE), ("x-content-type-options", "nosniff")]
        if value.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(("retry-after", "1"))
        self.write(encode_head(value.status, headers, framing=f"content-length: {len(body)}\r\n", close=True) + body)
        self._hang_up(wait=True)

    def _hang_up(self, *, wait: bool) -> None:
        """Close; where the client is still sending, only after a while of not listening, so that it hears the answer."""
        if self._lost or self._transport.is_closing():
            return
        if not wait or self._ended:
            self._transport.close()
            return
        self._lingering = True
        self._since = self._holder.now
        self._resume()
        if self._transport.can_write_eof():
            self._transport.write_eof()
