"""An exchange: one request of a connection, its body as it comes, and the one answer to it."""

import asyncio
from collections import deque
from typing import Protocol

from unshelf.gateway.http.direct_read import DIRECT_FROM_BYTES, Write
from unshelf.gateway.http.response import Response
from unshelf.gateway.http.response_head import Pairs, encode_head, encode_ok, has_body

_MANY_PIECES = 64


class ClientDisconnected(Exception):
    """The client left, or broke the rules of HTTP: nothing more comes from it, and nobody hears an answer."""


Headers = dict[str, str]
"""Header fields by lower-case name; repeated values are joined by a comma."""


class Head:
    """The request line and headers. Clients repeat themselves, so one head may belong to many requests: it is not changed."""

    __slots__ = ("headers", "keep_alive", "method", "old", "path", "query_string", "repeated", "target")

    def __init__(
        self, *, method: str, target: str, path: str, query_string: str, headers: dict[str, str], keep_alive: bool, old: bool
    ) -> None:  # fmt: skip
        self.method = method
        self.target = target
        """Path and query as the client wrote them."""
        self.path = path
        """Without percent-encoding."""
        self.query_string = query_string
        self.headers = headers
        """By name in lower case; the values of one that came several times are joined by a comma."""
        self.keep_alive = keep_alive
        self.old = old
        """HTTP/1.0: such a client does not know chunks."""
        self.repeated = False
        """Whether it is remembered, so that the next request with the same bytes has this very head."""


class Transport(Protocol):
    """The part of a connection that an exchange uses."""

    @property
    def peer(self) -> str:
        """The client, as `address:port`."""

    @property
    def closing(self) -> bool:
        """Whether no further request will be taken on it."""

    def write(self, data: bytes) -> None:
        """Send; nothing happens when the client is gone."""

    async def drained(self) -> None:
        """Wait until the client has taken most of what was sent. Raises ClientDisconnected."""

    def wants_body(self, exchange: "Exchange") -> None:
        """The application waits for the body of this request: go on reading, and ask the client for it where it waits."""

    async def read_directly(self, exchange: "Exchange", left: int, write: Write) -> int:
        """Read up to `left` body bytes straight from the socket into `write`; return the bytes still missing. Raises what `write`
        raises; after that, and when the caller was cancelled, the connection can't be used any more."""

    def answered(self, exchange: "Exchange") -> None:
        """The answer was sent."""

    def abort(self) -> None:
        """Break the connection off, so that the client sees that the answer is not whole."""


class Exchange:
    """A request and its answer. Its connection reports the body to it as it comes."""

    expects = False
    """Whether the client waits to be asked for the body."""
    answer_begun = False
    answer_done = False
    added: tuple[tuple[str, str], ...] = ()
    """Headers that its answer has beside its own, whatever it is."""
    _gone = False
    _waiter: asyncio.Future[None] | None = None
    _left: asyncio.Future[None] | None = None
    _stream: "ResponseStream | None" = None

    def __init__(self, wire: Transport, head: Head, body: bytes | None = None) -> None:
        """`body` is all of it; None: it will come."""
        self.head = head
        self.keep_alive = head.keep_alive
        """Whether the connection goes on after the answer."""
        self._wire = wire
        self._pieces: deque[bytes] = deque()
        self._buffered = 0
        self._complete = body is not None
        if body:
            self._pieces.append(body)
            self._buffered = len(body)

    # --- the request ---

    @property
    def method(self) -> str:
        """See Head."""
        return self.head.method

    @property
    def target(self) -> str:
        """See Head."""
        return self.head.target

    @property
    def path(self) -> str:
        """See Head."""
        return self.head.path

    @property
    def query_string(self) -> str:
        """See Head."""
        return self.head.query_string

    @property
    def headers(self) -> dict[str, str]:
        """See Head."""
        return self.head.headers

    @property
    def scheme(self) -> str:
        """As the client addressed us."""
        return "http"

    @property
    def client(self) -> str:
        """The client, as `address:port`."""
        return self._wire.peer

    @property
    def complete(self) -> bool:
        """Whether the whole body has come."""
        return self._complete

    @property
    def buffered(self) -> int:
        """Bytes of the body that nobody has taken yet."""
        return self._buffered

    def take(self) -> bytes:
        """Take the bytes of the body that came since the last call."""
        pieces = self._pieces
        self._buffered = 0
        if len(pieces) == 1:
            return pieces.popleft()
        whole = b"".join(pieces)
        pieces.clear()
        return whole

    def __aiter__(self) -> "Exchange":
        return self

    async def __anext__(self) -> bytes:
        """The next piece of the body, as it came. Raises ClientDisconnected."""
        while not self._pieces:
            if self._complete:
                raise StopAsyncIteration
            await self._more()
        piece = self._pieces.popleft()
        self._buffered -= len(piece)
        return piece

    async def read_directly(self, length: int, write: Write) -> None:
        """Write the whole body of `length` bytes, the part still to come straight from the socket. `write` may not keep the bytes
        that it gets. Raises ClientDisconnected, and what `write` raises."""
        left, straight = length, True
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._buffered -= len(piece)
                left -= len(piece)
                write(piece)
            if self._complete:
                return
            if straight and left >= DIRECT_FROM_BYTES and not self._gone:
                left = await self._wire.read_directly(self, left, write)
                straight = False
            else:
                await self._more()

    async def client_disconnect(self) -> None:
        """Wait until the client leaves, or sends its last byte."""
        if self._gone:
            return
        if self._left is None:
            self._left = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._left)

    async def _more(self) -> None:
        if self._gone:
            raise ClientDisconnected
        self._wire.wants_body(self)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    # --- the answer ---

    def respond(self, response: Response) -> None:
        """Answer at once."""
        self.response_bytes(response.status, response.headers, response.body)

    def response_bytes(self, status: int, headers: Pairs, body: bytes) -> None:
        """Answer at once."""
        framing = f"content-length: {len(body)}\r\n"
        if not has_body(self.method, status):
            framing, body = framing if has_body("", status) else "", b""
        self._begin(status, headers, framing, body)
        self._end()

    def response_ok(self, lines: bytes, body: bytes) -> None:
        """Answer a POST with 200 at once; `lines` are whole header lines, of what is known to need no look and has no `added` headers."""
        if self.answer_begun:
            raise RuntimeError("a request has one answer")
        if self._wire.closing or not self._complete:
            self.keep_alive = False
        self.answer_begun = True
        self._wire.write(encode_ok(lines, body, close=not self.keep_alive))
        self._end()

    def response_empty(self, status: int, headers: Pairs) -> None:
        """Answer without a body; with a `content-length` among the headers that is the one of the body that is not there."""
        given = list(headers)
        bare = not has_body(self.method, status) or any(name == "content-length" for name, _ in given)
        self._begin(status, given, "" if bare else "content-length: 0\r\n", b"")
        self._end()

    def response_stream(self, status: int, headers: Pairs) -> "ResponseStream":
        """Begin an answer whose body is sent piece by piece; it ends when the application is done with the exchange."""
        given = list(headers)
        length = next((int(value) for name, value in given if name == "content-length"), None)
        wanted = has_body(self.method, status)
        chunked = wanted and length is None and not self.head.old
        if length is None and self.head.old:
            self.keep_alive = False
        self._begin(status, given, "transfer-encoding: chunked\r\n" if chunked else "", b"")
        self._stream = ResponseStream(self._wire, chunked=chunked, length=length) if wanted else NoStream(self._wire)
        return self._stream

    def finish(self) -> None:
        """The application is done with it: end the stream, if there is one."""
        if self.answer_done:
            return
        if not self.answer_begun:
            self._wire.abort()
            return
        if self._stream is not None and not self._stream.end():
            self._wire.abort()
            return
        self._end()

    def break_off(self) -> None:
        """The application failed: where its answer is not whole, let the client see that."""
        if not self.answer_done:
            self.keep_alive = False
            self._wire.abort()

    def _begin(self, status: int, headers: Pairs, framing: str, body: bytes) -> None:
        if self.answer_begun:
            raise RuntimeError("a request has one answer")
        if self._wire.closing or not self._complete:  # what is left of the request would be taken for the next one
            self.keep_alive = False
        if self.added:
            headers = [*headers, *self.added]
        head = encode_head(status, headers, framing=framing, close=not self.keep_alive)
        self.answer_begun = True
        self._wire.write(head + body)

    def _end(self) -> None:
        self.answer_done = True
        self._wire.answered(self)

    # --- called by its connection ---

    def gather(self) -> None:
        """Make one piece of many small ones: each costs more memory than it holds."""
        if len(self._pieces) > _MANY_PIECES:
            whole = b"".join(self._pieces)
            self._pieces.clear()
            self._pieces.append(whole)

    def piece_came(self, piece: bytes) -> None:
        """Take in a part of the body."""
        self._pieces.append(piece)
        self._buffered += len(piece)
        self._wake()

    def completed(self) -> None:
        """Mark the body as complete."""
        self._complete = True
        self._wake()

    def client_gone(self) -> None:
        """Note that the client left."""
        self._gone = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ClientDisconnected())
        if self._left is not None:
            self.client_leaves()

    def client_leaves(self) -> None:
        """Note that the client sends nothing more; it may still listen."""
        if self._left is None:
            self._left = asyncio.get_running_loop().create_future()
        if not self._left.done():
            self._left.set_result(None)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class ResponseStream:
    """The body of an answer, sent piece by piece."""

    def __init__(self, wire: Transport, *, chunked: bool, length: int | None) -> None:
        self._wire = wire
        self._chunked = chunked
        self._left = length

    async def send_bytes(self, data: bytes) -> None:
        """Send a piece, and wait until the client has taken most of what was sent. Raises ClientDisconnected."""
        if not data:
            return
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:  # the client would take the rest for the next answer
                raise RuntimeError("an answer is longer than its content-length")
        self._wire.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        await self._wire.drained()

    async def send_str(self, text: str) -> None:
        """Send a piece of text, as UTF-8. Raises ClientDisconnected."""
        await self.send_bytes(text.encode())

    def end(self) -> bool:
        """Mark the end; False when less was sent than had been said."""
        if self._chunked:
            self._wire.write(b"0\r\n\r\n")
        return not self._left


class NoStream(ResponseStream):
    """The body of an answer that has none: to HEAD, or of a status without."""

    def __init__(self, wire: Transport) -> None:
        super().__init__(wire, chunked=False, length=None)

    async def send_bytes(self, data: bytes) -> None:  # noqa: ARG002 - that is the point
        """Send nothing. Raises ClientDisconnected."""
        await self._wire.drained()
