"""Connections to the outside: a granted name is resolved here, its addresses are judged, and only a judged address is spoken to."""

import asyncio
import base64
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from unshelf.contracts.network.grants import address_of, place_of
from unshelf.contracts.network.policy import EgressPolicy
from unshelf.contracts.network.reasons import BY_POLICY

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_RESOLVE_SECONDS = 15.0
_CONNECT_SECONDS = 10.0
_MOST_ADDRESSES = 8
_MOST_HEAD = 16 << 10


class PlaceUnreachable(Exception):
    """A granted place that can't be reached now; the message says why."""


class PlaceRefused(Exception):
    """A granted place whose addresses the operator's policy keeps from being spoken to; the message says which rule."""


@dataclass(frozen=True)
class Upstream:
    """The operator's proxy."""

    host: str
    port: int
    tls: bool
    authorization: str
    """The header's value; empty: it asks for none."""


class Outside:
    """Connects to places that were found to be granted."""

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy
        self._proxies: Mapping[str, str] = getproxies()

    async def connect(self, host: str, port: int) -> Streams:
        """Connect directly. Raises PlaceRefused, PlaceUnreachable."""
        reason = ""
        for address in await self._addresses(host, port):
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(address, port)
            except (OSError, TimeoutError) as error:
                reason = str(error) or f"no answer within {_CONNECT_SECONDS:g} s"
        raise PlaceUnreachable(reason or "it has no address")

    def proxy_for_requests(self, host: str, port: int) -> Upstream | None:
        """Return the operator's proxy for requests to `http://` addresses of this host, which are not tunnelled; None: there is none."""
        return self._upstream("http", host, port)

    async def connect_to_proxy(self, upstream: Upstream, host: str, port: int) -> Streams:
        """Connect to the operator's proxy, which is to be asked for this host. Raises PlaceRefused, PlaceUnreachable."""
        self._judge_literal(host, port)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await _open(upstream)
        except (OSError, TimeoutError) as error:
            raise PlaceUnreachable(f"the operator's proxy: {str(error) or 'no answer'}") from error

    async def connect_by_proxy(self, host: str, port: int) -> Streams:
        """Connect by the operator's proxy, which resolves the name, where there is one for this host; else directly. Raises PlaceRefused,
        PlaceUnreachable."""
        upstream = self._upstream("https", host, port)
        if upstream is None:
            return await self.connect(host, port)
        self._judge_literal(host, port)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS + _RESOLVE_SECONDS):
                streams = await _open(upstream)
                try:
                    await _ask_for_tunnel(streams, upstream, place_of(host, port))
                except BaseException:
                    streams[1].close()
                    raise
                return streams
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
            raise PlaceUnreachable(f"the operator's proxy: {str(error) or 'no answer'}") from error

    def _judge_literal(self, host: str, port: int) -> None:
        """Judge a host that is an address: a proxy does not."""
        address = address_of(host)
        if address is not None and not self._policy.may_reach(host, port, address):
            raise PlaceRefused(BY_POLICY)

    async def _addresses(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_RESOLVE_SECONDS):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise PlaceUnreachable(f"its name can't be resolved: {str(error) or 'no answer'}") from error
        texts = dict.fromkeys(str(place[0]) for *_, place in found)
        judged = [(text, address_of(text)) for text in texts]
        allowed = [
            text for text, address in judged if address is not None and self._policy.may_reach(host, port, address)
        ]
        if not allowed:
            raise PlaceRefused(BY_POLICY)
        return allowed[:_MOST_ADDRESSES]

    def _upstream(self, scheme: str, host: str, port: int) -> Upstream | None:
        proxy = self._proxies.get(scheme) or self._proxies.get("all")
        if not proxy or proxy_bypass(place_of(host, port)):
            return None
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(user.encode()).decode()}" if parts.username else ""
        is_tls = parts.scheme == "https"
        return Upstream(parts.hostname or "", parts.port or (443 if is_tls else 80), is_tls, authorization)


async def _open(upstream: Upstream) -> Streams:
    context = ssl.create_default_context() if upstream.tls else None
    return await asyncio.open_connection(upstream.host, upstream.port, limit=_MOST_HEAD, ssl=context)


async def _ask_for_tunnel(streams: Streams, upstream: Upstream, place: str) -> None:
    reader, writer = streams
    authorization = f"Proxy-Authorization: {upstream.authorization}\r\n" if upstream.authorization else ""
    writer.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{authorization}\r\n".encode())
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(status) < 2 or not status[1].startswith(b"2"):
        raise OSError(f"it answered {b' '.join(status[1:]).decode('latin-1')[:200]}")
