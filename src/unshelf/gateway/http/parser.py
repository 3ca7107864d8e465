"""Reading: from the bytes of a connection to its requests, with everything refused that HTTP/1.1 has no reading for."""

import logging
from collections import deque
from typing import Any

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from unshelf.gateway.http.exchange import Exchange, Head, Transport
from unshelf.gateway.http.request_target import BadTarget, fault_of_head, head_without_upgrade, read_target

HEAD_BYTES = 64 << 10
"""The largest request line with headers, and the most consecutive overhead of a chunked body."""
_REPEATED_HEADERS = 256
"""How many headers of a request may have a name that was there before: joining the values of `n` takes the square of it."""
_SINGLE = frozenset(
    {"host", "authorization", "content-length", "content-type", "content-encoding", "origin", "traceparent"}
)

logger = logging.getLogger(__name__)


class RequestParser:
    """Reads the requests of one connection. The parser calls `on_…`."""

    _same_head = False
    """Whether the bytes that are being parsed began no other request."""
    _bare = 0
    """Bytes that came of a chunked body and held nothing of its content, in a row; -1: the last ones did."""

    def __init__(self, wire: Transport) -> None:
        self._wire = wire
        self._parser: Any = HttpRequestParser(self)
        self.queue: deque[Exchange] = deque()
        """Requests that the application has not got yet; the last one's body may still be coming."""
        self.receiving: Exchange | None = None
        """The one whose body is coming."""
        self.between = True
        """Whether what comes next begins a request."""
        self.in_head = True
        """Whether the headers of a request are awaited that has begun, or is the first one."""
        self.begun = False
        """Whether a request began since this was last set to False."""
        self.fault = ""
        """A fault in the bytes that the client sent; nothing after it is parsed."""
        self.fault_code = "malformed_request"
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head_raw = 0
        """Bytes that came and were all of this head."""
        self._head_parsed = 0
        """Bytes of its target and its headers."""
        self._repeated = 0
        """Headers of this head with a name that was there before."""

    @property
    def head_begun(self) -> bool:
        """Whether something of the head came that is awaited."""
        return self._head_parsed + self._head_raw > 0

    def feed(self, data: bytes) -> None:
        """Read what came."""
        in_head, self._same_head = self.in_head, True
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._ignore_upgrade(memoryview(data)[upgrade.args[0] :])
        except HttpParserError as error:
            self._misread(error)
        if in_head and self.in_head and self._same_head:
            self._count_head(raw=len(data))
        if self.receiving is not None:
            self._watch_body(self.receiving, len(data), begun=in_head or not self._same_head)

    def body_came(self, *, whole: bool) -> None:
        """Finish the body that came by a direct read; after a part of one nothing else can be parsed."""
        if whole:
            self._parser = HttpRequestParser(self)  # the old one still waits for it
            self.on_message_complete()
        elif self.receiving is not None:
            self.receiving.keep_alive = False

    def cut(self) -> None:
        """Drop the request whose body was coming: no more of it comes."""
        cut, self.receiving = self.receiving, None
        if cut is not None:
            cut.client_gone()
            if self.queue and self.queue[-1] is cut:
                self.queue.pop()

    def close(self) -> None:
        """The connection is gone: let go of what holds it."""
        if self.receiving is not None:
            self.receiving.client_gone()
            self.receiving = None
        self.queue.clear()
        self._parser = None
        del self._wire

    # --- what the parser calls ---

    def on_message_begin(self) -> None:
        """A request begins."""
        if not self.in_head:
            self.in_head = self.begun = True
        self._same_head = self.between = False
        self._head_raw = self._head_parsed = self._repeated = 0
        self._url = b""
        self._headers = {}

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._url += url
        self._count_head(parsed=len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or after the body a trailer, which nobody needs."""
        if not self.in_head:
            return
        self._count_head(parsed=len(name) + len(value) + 4)
        key, text = name.decode("latin-1").lower(), value.rstrip().decode("latin-1")
        if key in self._headers:
            if key in _SINGLE:
                self.fault = f"The header {key} may be there only once."
            self._repeated += 1
            if self._repeated > _REPEATED_HEADERS:
                self.fault_code = "head_too_large"
                self.fault = self.fault or f"More than {_REPEATED_HEADERS} headers of the request repeat a name."
                return
            text = f"{self._headers[key]}, {text}"
        self._headers[key] = text

    def on_headers_complete(self) -> None:
        """The request's head is whole."""
        self.in_head = False
        parser, headers = self._parser, self._headers
        version = parser.get_http_version()
        if version != "1.1" or "host" not in headers or "transfer-encoding" in headers:
            self.fault = self.fault or fault_of_head(version, headers)
        if self.fault:
            return
        try:
            target, path, query, host = read_target(self._url)
        except BadTarget as bad:
            self.fault = str(bad)
            return
        if host:
            headers["host"] = host
        old = version == "1.0"
        # A client of HTTP/1.0 would need a header saying that its connection is kept; one that is closed needs none.
        head = Head(
            method=parser.get_method().decode(), target=target, path=path, query_string=query, headers=headers,
            keep_alive=not old and parser.should_keep_alive(), old=old,
        )  # fmt: skip
        exchange = Exchange(self._wire, head)
        if "expect" in headers:
            exchange.expects = not old and headers["expect"].lower() == "100-continue"
        self.receiving = exchange
        self.queue.append(exchange)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self.receiving is not None:
            self.receiving.piece_came(body)
            self._bare = -1

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.between = True
        if self.receiving is not None:
            self.receiving.completed()
            self.receiving = None

    # --- inside ---

    def _misread(self, error: HttpParserError) -> None:
        if isinstance(error, HttpParserCallbackError):
            logger.error("reading a request failed", exc_info=error)
            self.fault_code = "internal_error"
            self.fault = "The server failed; its log has the reason."
        self.fault = self.fault or f"The request is not valid HTTP/1.1: {error}."

    def _count_head(self, *, raw: int = 0, parsed: int = 0) -> None:
        self._head_raw += raw
        self._head_parsed += parsed
        if max(self._head_raw, self._head_parsed) > HEAD_BYTES:
            self.fault_code = "head_too_large"
            self.fault = self.fault or f"The request's line and headers are larger than {HEAD_BYTES >> 10} KiB."

    def _watch_body(self, exchange: Exchange, size: int, *, begun: bool) -> None:
        """Count `size` bytes received for an unfinished body; fault on too much chunk overhead. `begun`: its head, or others, are among
        them."""
        self._bare = 0 if begun or self._bare < 0 else self._bare + size
        if self._bare > HEAD_BYTES:
            self.fault_code = "head_too_large"
            self.fault = (
                f"the body's trailers, or what its chunks have beside it, are larger than {HEAD_BYTES >> 10} KiB"
            )
        exchange.gather()

    def _ignore_upgrade(self, rest: memoryview) -> None:
        """A client offered another protocol (Java's offers HTTP/2 with its first request), which it must be ready to do without:
        read the request again without the offer. What the parser said after its head is to be forgotten."""
        while not self.fault:
            head = head_without_upgrade(self.queue.pop().head)
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
