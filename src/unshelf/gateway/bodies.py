"""Request bodies: read whole, within limits on size, memory and time, and decompressed."""

import asyncio
import zlib
from collections.abc import Callable

from unshelf.gateway.problems import Refused
from unshelf.gateway.rsgi import GONE, Headers, HTTPProtocol
from unshelf.gateway.shared import SharedBody

PATIENCE_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 16 << 10
"""A body has PATIENCE_SECONDS, and as much longer as it takes at this rate."""
DRAIN_BYTES = 256 << 20
"""How much of a body that is refused is read and thrown away, so that ordinary clients, which send everything before
they listen, hear the answer instead of a connection reset."""
DRAIN_SECONDS = 30.0
_DECOMPRESS_ASIDE = 64 << 10
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content encoding → how zlib is told about it."""


class Bodies:
    """Reads request bodies of at most `limit` bytes each, and holds a bounded number of bytes in all."""

    def __init__(self, limit: int, *, capacity: int | None = None, setting: str = "UNSHELF_MAX_BODY_BYTES") -> None:
        self._limit = limit
        self._setting = setting
        self._capacity = max(8 * limit, 512 << 20) if capacity is None else capacity
        self.held = 0
        """Bytes of bodies that are being read or predicted."""

    async def read(self, headers: Headers, proto: HTTPProtocol) -> bytes:
        """The decompressed body. The caller gives it back by `release`. Raises Refused."""
        body = self.at_once(headers, proto)
        if body is not None:
            return body
        pieces = await self.read_pieces(headers, proto)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def has_room(self, size: int) -> bool:
        """Whether a body of so many bytes may be taken, and held beside the others; whoever takes it adds it to `held`."""
        return size <= self._limit and self.held + size <= self._capacity

    def at_once(self, headers: Headers, proto: HTTPProtocol) -> bytes | None:
        """The body, when all of it has come, nothing is to be done with it, and there is room; else None, and it is still there."""
        size = proto.buffered
        if not proto.complete or "content-encoding" in headers or not self.has_room(size):
            return None
        self.held += size
        return proto.take()

    async def read_pieces(self, headers: Headers, proto: HTTPProtocol) -> list[bytes]:
        """The same in the pieces in which it came, so that a large one is never copied."""
        encoding = (headers.get("content-encoding") or "identity").strip().lower()
        if encoding != "identity" and encoding not in _WINDOW_BITS:
            await drain(headers, proto)
            raise Refused(
                "unsupported_media_type", f"the content encoding {encoding[:40]!a} is not taken",
                hint="send the body as it is, or as gzip or deflate",
            )  # fmt: skip
        pieces = await self._receive(headers, proto)
        if encoding != "identity":
            pieces = [await self._decompress(b"".join(pieces), _WINDOW_BITS[encoding])]
        self.held += sum(map(len, pieces))
        return pieces

    def hold(self, size: int) -> None:
        """Count a body of so many bytes that is there already; given back by `release`. Raises Refused."""
        if self.held + size > self._capacity:
            raise _overloaded()
        self.held += size

    def release(self, size: int) -> None:
        """A body of so many bytes is no longer held."""
        self.held -= size

    async def _receive(self, headers: Headers, proto: HTTPProtocol) -> list[bytes]:
        declared = headers.get("content-length")
        if declared is None:
            if headers.get("transfer-encoding") is None:
                return []
            length = None
        else:
            length = int(declared)
            if length > self._limit:
                await drain(headers, proto)
                raise self._too_large()
        reserved = length or 0
        if self.held + reserved > self._capacity:
            await drain(headers, proto)
            raise _overloaded()
        self.held += reserved
        try:
            return await self._collect(proto, length)
        except TimeoutError:
            raise _too_slow() from None
        except GONE:
            raise _cut_short() from None
        finally:
            self.held -= reserved

    async def read_shared(self, body: SharedBody, proto: HTTPProtocol, came: Callable[[int], None]) -> None:
        """Read one of declared length, for which there is room, into `body`, and seal it; `came` is told how much of it is there.
        The caller gives it back by `release`. Raises Refused."""
        self.held += body.size
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as clock:

                def write(data: bytes | memoryview) -> None:
                    body.write(data)
                    clock.reschedule(begun + PATIENCE_SECONDS + body.filled / SLOWEST_BYTES_PER_SECOND)
                    came(body.filled)

                await proto.pour(body.size, write)
            body.seal()
        except BaseException as error:
            self.held -= body.size
            if isinstance(error, TimeoutError):
                raise _too_slow() from None
            if isinstance(error, GONE):
                raise _cut_short() from None
            if isinstance(error, OSError):  # there is no memory for it
                raise _overloaded() from error
            raise

    async def _collect(self, proto: HTTPProtocol, length: int | None) -> list[bytes]:
        """Read piece by piece; without a known length the pieces are what counts as held."""
        chunks: list[bytes] = []
        size = 0
        loop = asyncio.get_running_loop()
        begun = loop.time()
        refused: Refused | None = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as clock:
                async for chunk in proto:
                    size += len(chunk)
                    if length is None:
                        self.held += len(chunk)
                    if size > self._limit:
                        refused = self._too_large()
                        break
                    if self.held > self._capacity:
                        refused = _overloaded()
                        break
                    chunks.append(chunk)
                    clock.reschedule(begun + PATIENCE_SECONDS + size / SLOWEST_BYTES_PER_SECOND)
        finally:
            if length is None:
                self.held -= size
        if refused is not None:
            chunks.clear()
            await _discard(proto, DRAIN_BYTES)
            raise refused
        # A chunked body that breaks off looks like one that ends; its sender is gone then and hears no answer.
        if length is not None and size != length:
            raise _cut_short()
        return chunks

    async def _decompress(self, body: bytes, window_bits: int) -> bytes:
        if len(body) < _DECOMPRESS_ASIDE:
            return self._inflate(body, window_bits)
        return await asyncio.to_thread(self._inflate, body, window_bits)

    def _inflate(self, body: bytes, window_bits: int) -> bytes:
        inflater = zlib.decompressobj(window_bits)
        try:
            content = inflater.decompress(body, self._limit + 1)
        except zlib.error as error:
            raise Refused("malformed_request", f"the body can't be decompressed: {error}") from None
        if len(content) > self._limit:
            raise self._too_large()
        if not inflater.eof or inflater.unused_data:
            raise Refused("malformed_request", "the compressed body is cut short, or something follows it")
        return content

    def _too_large(self) -> Refused:
        return Refused(
            "body_too_large", f"a request body may have {self._limit} bytes, decompressed",
            hint=f"send the rows in several requests, or have the operator raise {self._setting}",
        )  # fmt: skip


async def drain(headers: Headers, proto: HTTPProtocol, budget: int = DRAIN_BYTES) -> None:
    """Read and forget the rest of a body that is refused, up to `budget` bytes, so that its sender hears the answer."""
    if headers.get("expect") is not None:
        return  # such a client waits to be asked for the body
    if headers.get("content-length") in (None, "0") and headers.get("transfer-encoding") is None:
        return
    await _discard(proto, budget)


async def _discard(proto: HTTPProtocol, budget: int) -> None:
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for chunk in proto:
                budget -= len(chunk)
                if budget <= 0:
                    return
    except (TimeoutError, *GONE):
        return  # it was refused anyway; now its sender won't hear why


def _too_slow() -> Refused:
    return Refused("malformed_request", "the body took too long to arrive")


def _cut_short() -> Refused:
    return Refused("malformed_request", "the connection ended before the whole body had come")


def _overloaded() -> Refused:
    return Refused(
        "overloaded", "the server holds as many request bodies as it can", hint="send it again later", retry_after=1
    )  # fmt: skip
