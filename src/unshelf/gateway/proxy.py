"""All that is not a prediction goes to control, streamed both ways, and comes back as it is."""

import asyncio
import logging
import string
from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx

from unshelf.gateway.bodies import drain
from unshelf.gateway.problems import Refused
from unshelf.gateway.rsgi import GONE, Headers, HTTPProtocol, Scope

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
_AT_ONCE = 1 << 20
"""Answers up to this size are collected and sent as one."""
_IDLE_SECONDS = 60.0
"""How long a client may send nothing in the middle of its body."""
_TIMEOUTS = {"connect": 2.0, "read": None, "write": 60.0, "pool": None}


class Proxy:
    """Passes requests on over control's socket."""

    def __init__(self, socket_name: str) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=16, keepalive_expiry=5.0)
        # The bare transport: a client would keep cookies and follow redirects, which are the caller's business.
        self._transport = httpx.AsyncHTTPTransport(uds=socket_name, limits=limits)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End the answers that are still streaming: a follower would hold the gateway up for as long as it likes."""
        self._stopping.set()

    async def close(self) -> None:
        """Hang up."""
        await self._transport.aclose()

    async def forward(self, scope: Scope, headers: Headers, proto: HTTPProtocol) -> None:
        """Pass one request on and its answer back. Raises Refused while nothing was answered."""
        request = _request(scope, headers, proto)
        response = await self._send(request, headers, proto)
        try:
            await self._pass_back(response, proto, method=scope.method)
        finally:
            await response.aclose()
        await drain(headers, proto)

    async def _pass_back(self, response: httpx.Response, proto: HTTPProtocol, *, method: str) -> None:
        dropped = _HOP_BY_HOP | _SAID_BY_US | _named_by_connection(response.headers.get("connection"))
        headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in dropped]
        status = response.status_code
        if method == "HEAD" or status in (204, 304):
            proto.response_empty(status, headers)
            return
        length = response.headers.get("content-length")
        if length is not None and length.isdigit() and int(length) <= _AT_ONCE:
            try:
                body = b"".join([chunk async for chunk in _raw(response)])
            except httpx.TransportError:
                raise Refused("bad_gateway", "the control plane hung up in the middle of its answer") from None
            proto.response_bytes(status, [pair for pair in headers if pair[0].lower() != "content-length"], body)
            return
        copying = asyncio.ensure_future(_copy(response, proto, status, headers))
        # A follower's answer may be silent for hours: its hanging up must be seen without writing to it.
        leaving = asyncio.ensure_future(_left(proto))
        tasks = (copying, leaving, asyncio.ensure_future(self._stopping.wait()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if copying.cancelled():
            proto.break_off()  # the client left, or we are stopping: what was sent must not look whole
            return
        copying.result()  # what nobody expected is raised, not swallowed

    async def _send(self, request: httpx.Request, headers: Headers, proto: HTTPProtocol) -> httpx.Response:
        # A kept connection may have been closed by a control that is restarting; what can be repeated is.
        attempts = 2 if request.method in ("GET", "HEAD") and isinstance(request.stream, httpx.ByteStream) else 1
        for attempt in range(attempts):
            try:
                return await self._transport.handle_async_request(request)
            except (httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError) as error:
                if attempt + 1 == attempts:
                    logger.warning("control hung up before it answered", extra={"error": repr(error)})
                    raise await self._unavailable(headers, proto) from None
            except httpx.LocalProtocolError as error:
                raise Refused("malformed_request", f"the request can't be passed on: {error}") from None
            except httpx.TransportError:
                raise await self._unavailable(headers, proto) from None
            except (TimeoutError, *GONE):
                raise Refused("malformed_request", "the connection ended before the whole body had come") from None
        raise AssertionError("every attempt returns or raises")

    async def _unavailable(self, headers: Headers, proto: HTTPProtocol) -> Refused:
        await drain(headers, proto)
        return Refused(
            "unavailable", "the control plane does not answer at the moment; predictions go on without it",
            hint="send it again in a moment", retry_after=1,
        )  # fmt: skip


def _request(scope: Scope, headers: Headers, proto: HTTPProtocol) -> httpx.Request:
    target = quote(scope.path, safe=_PATH_CHARACTERS)
    if scope.query_string:
        target += "?" + quote(scope.query_string, safe=string.punctuation)
    has_body = headers.get("transfer-encoding") is not None or headers.get("content-length") not in (None, "0")
    request = httpx.Request(
        scope.method,
        "http://control/",
        headers=_request_headers(scope, headers),
        stream=_Body(proto) if has_body else httpx.ByteStream(b""),
        extensions={"timeout": _TIMEOUTS, "target": target.encode()},
    )
    if has_body and "content-length" not in request.headers:
        request.headers["transfer-encoding"] = "chunked"
    return request


def _request_headers(scope: Scope, headers: Headers) -> list[tuple[str, str]]:
    dropped = _HOP_BY_HOP | _FORWARDING | _named_by_connection(headers.get("connection"))
    kept = [(name, value) for name, value in headers.items() if name not in dropped]
    kept.append(("x-forwarded-for", scope.client.rpartition(":")[0]))
    kept.append(("x-forwarded-proto", scope.scheme))
    kept.append(("x-forwarded-host", headers.get("host") or ""))
    return kept


class _Body(httpx.AsyncByteStream):
    """The client's body, as it comes."""

    def __init__(self, proto: HTTPProtocol) -> None:
        self._proto = proto

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = self._proto.__aiter__()
        while True:
            try:
                async with asyncio.timeout(_IDLE_SECONDS):
                    chunk = await chunks.__anext__()
            except StopAsyncIteration:
                return
            if chunk:  # an empty chunk would end a chunked body
                yield chunk


async def _copy(response: httpx.Response, proto: HTTPProtocol, status: int, headers: list[tuple[str, str]]) -> None:
    stream = proto.response_stream(status, headers)
    try:
        async for chunk in _raw(response):
            await stream.send_bytes(chunk)
    except GONE:
        proto.break_off()
    except httpx.TransportError as error:
        logger.warning("control hung up in the middle of an answer", extra={"error": repr(error)})
        proto.break_off()  # the client must not take it for whole


async def _left(proto: HTTPProtocol) -> None:
    await proto.client_disconnect()


async def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_raw():
        yield chunk


def _named_by_connection(header: str | None) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in header.split(",")) if header else frozenset()
