"""All that is not a prediction goes to control, streamed both ways, and comes back as it is."""

import asyncio
import logging
import string
from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

import httpx

from unshelf.gateway.access.forwarded import TrustedProxies
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.exchange import ClientDisconnected, Exchange
from unshelf.gateway.predict.body_reader import PACE_SECONDS, PATIENCE_SECONDS, SLOWEST_BYTES_PER_SECOND, drain

logger = logging.getLogger(__name__)

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade", "expect"}
)  # fmt: skip
_SAID_BY_US = frozenset({"date"})
_FORWARDING = frozenset(
    {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-real-ip"}
)
_PATH_CHARACTERS = "/:@!$&'()*+,;=-._~"
_BUFFERED_BYTES = 1 << 20
"""Answers up to this size are collected and sent as one."""
_HEAD_SECONDS = 120.0
"""How long control may take to begin its answer: longer than any route works, SQL that waits for its turn included."""
_CONNECTION_CHARACTERS = 1000
_TIMEOUTS = {"connect": 2.0, "read": None, "write": 60.0, "pool": None}


class Proxy:
    """Passes requests on over the socket of a control; where one is gone, the next one is asked."""

    def __init__(self, socket_names: Sequence[str], trusted: TrustedProxies) -> None:
        """The first name is preferred. `trusted`: whose word on the caller's address counts."""
        self._trusted = trusted
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=16, keepalive_expiry=5.0)
        # The bare transport: a client would keep cookies and follow redirects, which are the caller's business.
        self._transports = [httpx.AsyncHTTPTransport(uds=name, limits=limits) for name in socket_names]
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End the answers that are still streaming: a follower would hold the gateway up for as long as it likes."""
        self._stopping.set()

    async def close(self) -> None:
        """Hang up."""
        for transport in self._transports:
            await transport.aclose()

    async def forward(self, exchange: Exchange, *, path: str | None = None) -> None:
        """Pass one request on and its answer back; `path`: the one to ask control for, where it is another.

        Raises ProblemError while nothing was answered."""
        request = _request(exchange, self._trusted, exchange.path if path is None else path)
        response = await self._send(request, exchange)
        try:
            await self._pass_back(response, exchange, method=exchange.method)
        finally:
            await response.aclose()
        await drain(exchange.headers, exchange)

    async def _pass_back(self, response: httpx.Response, exchange: Exchange, *, method: str) -> None:
        dropped = _HOP_BY_HOP | _SAID_BY_US | _named_by_connection(response.headers.get("connection"))
        headers = [(name, value) for name, value in _pairs(response) if name.lower() not in dropped]
        status = response.status_code
        if method == "HEAD" or status in (204, 304):
            exchange.response_empty(status, headers)
            return
        length = response.headers.get("content-length")
        if length is not None and length.isdigit() and int(length) <= _BUFFERED_BYTES:
            try:
                body = b"".join([chunk async for chunk in _raw(response)])
            except httpx.TransportError:
                raise ProblemError("bad_gateway", "The control plane hung up in the middle of its answer.") from None
            exchange.response_bytes(status, [pair for pair in headers if pair[0].lower() != "content-length"], body)
            return
        copying = asyncio.ensure_future(_copy(response, exchange, status, headers))
        # A follower's answer may be silent for hours: its hanging up must be seen without writing to it.
        leaving = asyncio.ensure_future(_left(exchange))
        tasks = (copying, leaving, asyncio.ensure_future(self._stopping.wait()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if copying.cancelled():
            exchange.break_off()  # the client left, or we are stopping: what was sent must not look whole
            return
        copying.result()  # an unexpected error is raised, not swallowed

    async def _send(self, request: httpx.Request, exchange: Exchange) -> httpx.Response:
        # A kept connection may have been closed by a control that is restarting; what can be repeated is.
        may_repeat = request.method in ("GET", "HEAD") and isinstance(request.stream, httpx.ByteStream)
        transports = [*self._transports, *self._transports[:1]]
        for place, transport in enumerate(transports):
            is_last = place + 1 == len(transports)
            clock = asyncio.timeout(None)
            try:
                async with clock:
                    _await_head(request, clock)
                    return await transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):  # nothing of the request was sent
                if is_last:
                    raise await self._unavailable(exchange) from None
            except (httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError) as error:
                if is_last or not may_repeat:
                    logger.warning("control hung up before it answered", extra={"error": repr(error)})
                    raise await self._unavailable(exchange) from None
            except httpx.LocalProtocolError as error:
                raise ProblemError("malformed_request", f"The request can't be passed on: {error}.") from None
            except httpx.TransportError:
                raise await self._unavailable(exchange) from None
            except (TimeoutError, ClientDisconnected):
                if clock.expired():
                    logger.error("control took a request and did not answer", extra={"method": request.method})
                    raise await self._unavailable(exchange) from None
                raise ProblemError(
                    "malformed_request", "The connection ended before the whole body had come."
                ) from None
        raise AssertionError("every attempt returns or raises")

    async def _unavailable(self, exchange: Exchange) -> ProblemError:
        await drain(exchange.headers, exchange)
        return ProblemError(
            "unavailable", "The control plane does not answer at the moment; predictions go on without it.",
            hint="Send it again in a moment.", retry_after=1,
        )  # fmt: skip


def _request(exchange: Exchange, trusted: TrustedProxies, path: str) -> httpx.Request:
    headers = exchange.headers
    target = quote(path, safe=_PATH_CHARACTERS)
    if exchange.query_string:
        target += "?" + quote(exchange.query_string, safe=string.punctuation)
    has_body = headers.get("transfer-encoding") is not None or headers.get("content-length") not in (None, "0")
    request = httpx.Request(
        exchange.method,
        "http://control/",
        headers=_request_headers(exchange, trusted),
        stream=_Body(exchange) if has_body else httpx.ByteStream(b""),
        extensions={"timeout": _TIMEOUTS, "target": target.encode()},
    )
    if has_body and "content-length" not in request.headers:
        request.headers["transfer-encoding"] = "chunked"
    return request


def _request_headers(exchange: Exchange, trusted: TrustedProxies) -> list[tuple[bytes, bytes]]:
    headers = exchange.headers
    dropped = _HOP_BY_HOP | _FORWARDING | _named_by_connection(headers.get("connection"))
    kept = [(name, value) for name, value in headers.items() if name not in dropped]
    address, scheme = trusted.origin_of(exchange.client.rpartition(":")[0], exchange.scheme, headers)
    kept.append(("x-forwarded-for", address))
    kept.append(("x-forwarded-proto", scheme))
    kept.append(("x-forwarded-host", headers.get("host") or ""))
    return [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in kept
    ]  # bytes beyond ASCII as they came


class _Body(httpx.AsyncByteStream):
    """The client's body, as it comes, at the rate that every body has to come at. Time that control takes to read it does not count."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.clock: asyncio.Timeout | None = None
        """Set to the time for the answer's head once the body is sent."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks, loop = self._exchange.__aiter__(), asyncio.get_running_loop()
        left, window, came, following = PATIENCE_SECONDS, SLOWEST_BYTES_PER_SECOND * PACE_SECONDS, 0, 0.0
        while True:
            begun = loop.time()
            try:
                async with asyncio.timeout(left):
                    chunk = await chunks.__anext__()
            except StopAsyncIteration:
                break
            left -= loop.time() - begun
            came += len(chunk)
            if came >= following + window:
                left, following = max(left, PACE_SECONDS), came
            if chunk:  # an empty chunk would end a chunked body
                yield chunk
        if self.clock is not None:
            self.clock.reschedule(loop.time() + _HEAD_SECONDS)


def _await_head(request: httpx.Request, clock: asyncio.Timeout) -> None:
    """Have the clock end when control takes too long to begin its answer, from the end of the request on."""
    if isinstance(request.stream, _Body):
        request.stream.clock = clock
    else:
        clock.reschedule(asyncio.get_running_loop().time() + _HEAD_SECONDS)


async def _copy(response: httpx.Response, exchange: Exchange, status: int, headers: list[tuple[str, str]]) -> None:
    stream = exchange.response_stream(status, headers)
    try:
        async for chunk in _raw(response):
            await stream.send_bytes(chunk)
    except ClientDisconnected:
        exchange.break_off()
    except httpx.TransportError as error:
        logger.warning("control hung up in the middle of an answer", extra={"error": repr(error)})
        exchange.break_off()  # the client must not take it for whole


async def _left(exchange: Exchange) -> None:
    await exchange.client_disconnect()


async def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_raw():
        yield chunk


def _pairs(response: httpx.Response) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]


def _named_by_connection(header: str | None) -> frozenset[str]:
    if header is None:
        return frozenset()
    if len(header) > _CONNECTION_CHARACTERS:
        raise ProblemError(
            "malformed_request", f"The Connection header has more than {_CONNECTION_CHARACTERS} characters."
        )
    return frozenset(name.strip().lower() for name in header.split(","))
