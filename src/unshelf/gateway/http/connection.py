"""One connection: bytes in, exchanges out, one at a time and in order, whatever the client does."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, cast

from unshelf.contracts.problems import PROBLEM_TYPE, encode_problem, problem
from unshelf.gateway.http.direct_read import DirectRead, Write
from unshelf.gateway.http.exchange import ClientDisconnected, Exchange
from unshelf.gateway.http.head_cache import HeadCache
from unshelf.gateway.http.parser import RequestParser
from unshelf.gateway.http.response_head import CONTINUE, encode_head
from unshelf.gateway.http.unread import Unread, UnreadAnswers

HEAD_SECONDS = 15.0
IDLE_SECONDS = 120.0
"""How long a connection may rest between requests: longer than the pools of common clients keep theirs."""
LINGER_SECONDS = 2.0
"""How long we listen to a client that still sends what nobody wants, so that it hears the answer and not a reset."""
STUCK_SECONDS = 60.0
"""How long a client may take nothing of an answer that is there for it."""
_BUFFERED_BYTES = 512 << 10
"""Bytes of a body that are buffered for a slow application; then the client has to wait."""
_PIPELINED = 16
"""Requests that may wait behind the one that is being answered before we stop reading; what was read by then waits, too."""
_REFUSED_AT_ONCE = 256
"""Connections beyond the limit that get an answer saying so; one more is just closed."""
logger = logging.getLogger(__name__)

App = Callable[[Exchange], Coroutine[Any, Any, None] | None]
"""Answers a request, or gives the coroutine that will."""


class ServerState:
    """State that all connections of a server share."""

    def __init__(self, app: App, most_connections: int) -> None:
        self.app = app
        self.most_connections = most_connections
        self.now = 0.0
        """The loop's clock, a second coarse."""
        self.stopping = False
        self.leaving = False
        """Whether each connection ends with its next answer, which says so."""
        self.connections: set[Connection] = set()
        self.known = HeadCache()
        self.unread = UnreadAnswers()


class Connection(asyncio.Protocol):
    """An accepted connection. The loop calls the methods of asyncio.Protocol, the exchange those of Transport."""

    _ended = False
    """Whether the client sends nothing more, but may listen."""
    _moved_at = 0.0
    """When the client last took something of what is there for it, as far as the clock's looks tell."""
    _unsent = 0
    """Bytes that the client had not taken at the clock's last look."""
    _advancing = False
    """Whether `_next` is at work: an application that answers at once must not call it again from inside."""

    _unread: Unread | None = None
    """Count of what the client leaves unread; None while it takes what we send."""
    _direct_read: DirectRead | None = None
    """The direct read that reads the socket in our place."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._loop = asyncio.get_running_loop()
        self._reader = RequestParser(self)
        self._transport: Any = None
        self._peer = ""
        self._since = state.now
        """When what it is at began."""
        self._current: Exchange | None = None
        """The one that the application has."""
        self._task: asyncio.Task[None] | None = None
        self._paused = False
        """Whether we stopped reading."""
        self._lingering = False
        self._lost = False
        self._blocked = False
        """Whether the client does not take what we send."""
        self._drain: asyncio.Future[None] | None = None

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: accepted."""
        self._transport = cast(asyncio.Transport, transport)
        connections, most = self._state.connections, self._state.most_connections
        if len(connections) >= most + _REFUSED_AT_ONCE:
            self._lingering = True
            self._transport.abort()
            return
        connections.add(self)
        if len(connections) > most:
            self._fail("overloaded", "The server has as many connections as it can hold.")

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came in."""
        if self._lingering:
            return
        reader, known = self._reader, self._state.known
        fresh = reader.between and self._current is None and not self._blocked  # so nothing waits to be answered first
        if fresh and (found := known.find(data)) is not None:
            reader.in_head = False
            self._dispatch(Exchange(self, *found))
            return
        reader.feed(data)
        if reader.begun:
            reader.begun = False
            self._since = self._state.now
        if fresh and reader.between and len(reader.queue) == 1 and not reader.fault:
            known.remember(data, reader.queue[0].head)
        if len(reader.queue) > _PIPELINED:
            self._pause()
        if self._current is None:
            self._next()
        if reader.receiving is not None and reader.receiving.buffered > _BUFFERED_BYTES:
            self._pause()
        if reader.fault:
            self._give_up()

    def eof_received(self) -> bool:
        """asyncio: the client sends no more. It may still listen: what came whole is answered."""
        self._ended = True
        queue = self._reader.queue
        self._reader.cut()
        if self._lingering or (self._current is None and not queue):
            return False
        waiting = [*([self._current] if self._current else []), *queue]
        waiting[-1].keep_alive = False
        for exchange in waiting:
            exchange.client_leaves()
        self._paused = False  # nothing is read any more
        return True

    def pause_writing(self) -> None:
        """asyncio: the client does not take what we send."""
        self._blocked = True
        if not self._lost and not self._transport.is_closing():
            self._unread = self._state.unread.begin(self, self._loop.time())

    def resume_writing(self) -> None:
        """asyncio: it took most of it."""
        self._blocked = False
        self._forget_unread()
        self._moved_at = self._state.now
        if self._drain is not None and not self._drain.done():
            self._drain.set_result(None)
        if self._current is None:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """asyncio: the client is gone, or we hung up."""
        self._lost = True
        self._forget_unread()
        self._state.connections.discard(self)
        self._reader.close()
        if self._direct_read is not None:
            self._direct_read.stop()
        if self._current is not None:
            self._current.client_gone()
            self._current = None  # it holds us
        if self._drain is not None and not self._drain.done():
            self._drain.set_exception(ClientDisconnected())

    # --- Transport ---

    @property
    def peer(self) -> str:
        """See Transport."""
        if not self._peer:
            name = self._transport.get_extra_info("peername")
            self._peer = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else ""
        return self._peer

    @property
    def closing(self) -> bool:
        """See Transport."""
        return self._state.stopping or self._state.leaving

    def write(self, data: bytes) -> None:
        """See Transport."""
        if not self._lost and not self._transport.is_closing():
            unread = self._unread
            self._transport.write(data)
            if unread is not None:
                self._state.unread.more(unread, len(data), self._loop.time())

    async def drained(self) -> None:
        """See Transport."""
        if self._lost or self._transport.is_closing():
            raise ClientDisconnected
        if self._blocked:
            self._drain = self._loop.create_future()
            await self._drain

    def wants_body(self, exchange: Exchange) -> None:
        """See Transport."""
        if exchange.expects:
            exchange.expects = False
            if not exchange.answer_begun:
                self.write(CONTINUE)
        self._resume()

    async def read_directly(self, exchange: Exchange, left: int, write: Write) -> int:
        """See Transport."""
        self.wants_body(exchange)
        if self._lost or self._ended or self._transport.is_closing() or self._reader.receiving is not exchange:
            return left
        try:
            reading = DirectRead(self._transport.get_extra_info("socket").fileno(), left, write)
        except OSError:
            return left
        self._pause()
        self._direct_read = reading
        try:
            await reading.done
        except BaseException:
            exchange.keep_alive = False  # the parser does not know how much has come
            raise
        finally:
            self._direct_read = None
            reading.stop()
        if self._reader.receiving is exchange:
            self._reader.body_came(whole=not reading.left)
        self._resume()
        return reading.left

    def answered(self, exchange: Exchange) -> None:
        """See Transport."""
        self._since = self._state.now
        self._current = None
        reader = self._reader
        if exchange.keep_alive and not self._state.stopping:
            if reader.queue:
                self._next()
            elif reader.fault:
                self._fail(reader.fault_code, reader.fault)
        else:
            # Whatever else the client sends or sent is read and forgotten: closing over it would reset the connection.
            wait = not exchange.complete or self._paused or bool(reader.queue) or bool(reader.fault)
            reader.receiving = None
            reader.queue.clear()
            self._hang_up(wait=wait)

    @property
    def unsent(self) -> int:
        """See Recipient."""
        return 0 if self._lost else int(self._transport.get_write_buffer_size())

    def abort(self) -> None:
        """See Transport."""
        if not self._lost:
            self._transport.abort()

    # --- the server's ---

    def check_timeouts(self) -> None:
        """End what takes too long; called about every second."""
        now = self._state.now
        if self._is_unsent(now):
            return
        waited = now - self._since
        if self._lingering:
            if waited > LINGER_SECONDS:
                self._transport.close()
        elif self._current is None:
            if self._reader.in_head and self._reader.head_begun and waited > HEAD_SECONDS:
                self._fail("malformed_request", f"The request's head took longer than {HEAD_SECONDS:g} seconds.")
            elif waited > (HEAD_SECONDS if self._reader.in_head else IDLE_SECONDS):
                self._transport.close()

    def stop(self) -> None:
        """Hang up, now or when the request in hand is answered."""
        if self._current is None and not self._reader.queue and not self._lingering and not self._lost:
            self._transport.close()

    # --- inside ---

    def _next(self) -> None:
        """Give the application the next request, if there is one and the client takes its answers."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._current is None and self._reader.queue and not self._blocked and not self._lost:
                self._dispatch(self._reader.queue.popleft())
        finally:
            self._advancing = False
        if self._paused and not self._reader.queue and not self._reader.fault:
            self._resume()

    def _dispatch(self, exchange: Exchange) -> None:
        """Give the application this request."""
        self._current = exchange
        try:
            work = self._state.app(exchange)
        except Exception:
            logger.exception("a request failed", extra={"method": exchange.method, "path": exchange.path[:200]})
            exchange.break_off()
            return
        if work is not None:
            self._task = self._loop.create_task(self._run(exchange, work))

    async def _run(self, exchange: Exchange, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ClientDisconnected:
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

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._state.unread.end(self._unread)
            self._unread = None

    def _pause(self) -> None:
        if not self._paused and not self._ended and not self._lost and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not self._lost and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def _give_up(self) -> None:
        """The client does not speak HTTP, or no longer: say so, after what it is owed."""
        reader = self._reader
        if reader.receiving is not None:
            reader.receiving.client_gone()
            reader.receiving = None
        if self._current is None and not reader.queue:
            self._fail(reader.fault_code, reader.fault)
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
        self._since = self._state.now
        self._resume()
        if self._transport.can_write_eof():
            self._transport.write_eof()
