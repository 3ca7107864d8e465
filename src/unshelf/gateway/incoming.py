"""Requests as they come in over HTTP: how each kind's body is read, and what its headers say about it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from unshelf.contracts import frames
from unshelf.gateway.bodies import Bodies, drain
from unshelf.gateway.digesting import Digest, digest_of
from unshelf.gateway.media import ARROW, BINARY_HEADER, V2, frame_kind, json_length, wants_arrow
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.rsgi import Headers, HTTPProtocol
from unshelf.gateway.shared import SHARED_FROM_BYTES, SHARES, SharedBody


class Incoming(Protocol):
    """A request on its way in, over whichever transport."""

    async def discard(self) -> None:
        """Refused before `receive`: read and forget the body, so that its sender hears the answer."""

    async def receive(self, prediction: Prediction) -> None:
        """Fill in the body. Raises Refused."""

    def describe(self, prediction: Prediction) -> str | None:
        """Fill in how the body is written; the caller's wish for the deadline, in seconds, if there is one. Raises Refused."""

    def release(self) -> None:
        """What `receive` took in is no longer held."""


class HttpRequest:
    """A body of one of the JSON protocols."""

    def __init__(self, headers: Headers, proto: HTTPProtocol, bodies: Bodies) -> None:
        self._headers = headers
        self._proto = proto
        self._bodies = bodies
        self._held = 0

    async def discard(self) -> None:
        """See Incoming."""
        await drain(self._headers, self._proto)

    async def receive(self, prediction: Prediction) -> None:
        """See Incoming."""
        prediction.content_type = self._headers.get("content-type") or ""
        prediction.body = await self._bodies.read(self._headers, self._proto)
        self._held = len(prediction.body)

    def describe(self, prediction: Prediction) -> str | None:
        """See Incoming."""
        return describe(self._headers, prediction)

    def release(self) -> None:
        """See Incoming."""
        self._bodies.release(self._held)


def describe(headers: Headers, prediction: Prediction) -> str | None:
    """See Incoming.describe: for a body of one of the JSON protocols."""
    binary = headers.get(BINARY_HEADER)
    prediction.kind = frame_kind(prediction.protocol, prediction.content_type, binary=binary is not None)
    if prediction.protocol == V2:
        prediction.header = json_length(binary, prediction.body)
    return headers.get("x-request-timeout")


class ArrowRequest(HttpRequest):
    """An Arrow stream. A large one is handed to its worker where it lies, others go on in the pieces in which they came; the
    record keeps the first bytes of a long one."""

    _shared: SharedBody | None = None

    def __init__(self, headers: Headers, proto: HTTPProtocol, bodies: Bodies, recorded_bytes: int) -> None:
        super().__init__(headers, proto, bodies)
        self._recorded_bytes = recorded_bytes

    async def receive(self, prediction: Prediction) -> None:
        """See Incoming."""
        prediction.content_type = self._headers.get("content-type") or ""
        size = _shareable(self._headers)
        if size > self._recorded_bytes and self._bodies.has_room(size):
            with contextlib.suppress(OSError):  # then it is read as a small one
                self._shared = SharedBody(size)
        if self._shared is not None:
            await self._receive_shared(prediction, self._shared)
            return
        pieces = await self._bodies.read_pieces(self._headers, self._proto)
        self._held = sum(map(len, pieces))
        keep_beginning(prediction, pieces, self._recorded_bytes)

    async def _receive_shared(self, prediction: Prediction, body: SharedBody) -> None:
        """Take it in where its worker will read it, and compute its digest beside."""
        digest = Digest(body)
        await self._bodies.read_shared(body, self._proto, digest.follow)
        self._held = body.size
        prediction.shared, prediction.pieces = body, (body.view,)
        prediction.body = bytes(body.view[: self._recorded_bytes])
        prediction.input_size = body.size
        prediction.aside = asyncio.create_task(_note_digest(prediction, digest.finish()))

    def release(self) -> None:
        """See Incoming."""
        super().release()
        if self._shared is not None:
            self._shared.close()

    def describe(self, prediction: Prediction) -> str | None:
        """See Incoming."""
        prediction.kind = frames.ARROW
        prediction.header = 1 if wants_arrow(self._headers.get("accept")) else 0
        return self._headers.get("x-request-timeout")


OpenRequest = Callable[[Headers, HTTPProtocol, str], HttpRequest]
"""Headers, connection and protocol → the request."""


def http_requests(bodies: Bodies, arrow_bodies: Bodies, recorded_arrow_bytes: int) -> OpenRequest:
    """What opens the requests of a gateway."""

    def open_request(headers: Headers, proto: HTTPProtocol, protocol: str) -> HttpRequest:
        if protocol == ARROW:
            return ArrowRequest(headers, proto, arrow_bodies, recorded_arrow_bytes)
        return HttpRequest(headers, proto, bodies)

    return open_request


def keep_beginning(prediction: Prediction, pieces: list[bytes], recorded_bytes: int) -> None:
    """Give the prediction its body: of one that is longer than that its record keeps the beginning, the size and the SHA-256."""
    size = sum(map(len, pieces))
    if size <= recorded_bytes:
        prediction.body = b"".join(pieces)
        return
    prediction.pieces = pieces
    prediction.body = _beginning(pieces, recorded_bytes)
    prediction.input_size = size
    prediction.aside = asyncio.create_task(_note_digest(prediction, digest_of(pieces)))


def _beginning(pieces: list[bytes], size: int) -> bytes:
    """The first `size` bytes."""
    taken, length = [], 0
    for piece in pieces:
        taken.append(piece[: size - length])
        length += len(taken[-1])
        if length == size:
            break
    return b"".join(taken)


async def _note_digest(prediction: Prediction, digest: Awaitable[str]) -> None:
    prediction.input_sha256 = await digest


def _shareable(headers: Headers) -> int:
    """The size of a body that is worth sharing, of which this is known before it comes; 0 for any other."""
    if not SHARES or "content-encoding" in headers:
        return 0
    size = int(headers.get("content-length") or 0)
    return size if size >= SHARED_FROM_BYTES else 0
