"""Request bodies: read whole, within limits on size, memory and time, and decompressed."""

import asyncio
import zlib
from collections.abc import Callable

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.exchange import ClientDisconnected, Exchange, Headers
from unshelf.gateway.sealed_buffer import SealedBuffer

PATIENCE_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 16 << 10
"""A body has PATIENCE_SECONDS, and as much longer as it takes at this rate."""
DRAIN_BYTES = 256 << 20
"""How much of a body that is refused is read and thrown away, so that ordinary clients, which send everything before
they listen, hear the answer instead of a connection reset."""
DRAIN_SECONDS = 30.0
_DECOMPRESS_ASIDE = 64 << 10
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content encoding → its window bits for zlib."""


class BodyBudget:
    """The memory for bodies that are being read or predicted: `limit` bytes each, `capacity` in all."""

    def __init__(self, limit: int, capacity: int) -> None:
        self.limit = limit
        self.held = 0
        self._capacity = capacity

    def has_room(self, size: int) -> bool:
        """Whether a body of this size may be held beside the others."""
        return size <= self.limit and self.held + size <= self._capacity

    def try_hold(self, size: int) -> bool:
        """Count a body, if there is room; given back by `release`."""
        if size > self.limit or self.held + size > self._capacity:
            return False
        self.held += size
        return True

    @property
    def is_exceeded(self) -> bool:
        """Whether more is held than there is room for: the sizes of chunked bodies are known only afterwards."""
        return self.held > self._capacity

    def hold(self, size: int) -> None:
        """Count a body; given back by `release`. Raises ProblemError (overloaded)."""
        if self.held + size > self._capacity:
            raise _overloaded()
        self.held += size

    def release(self, size: int) -> None:
        """A body of this size is no longer held."""
        self.held -= size


class BodyReader:
    """Reads request bodies within a budget."""

    def __init__(self, limit: int, *, capacity: int | None = None, setting: str = "UNSHELF_MAX_BODY_BYTES") -> None:
        self.budget = BodyBudget(limit, max(8 * limit, 512 << 20) if capacity is None else capacity)
        self._setting = setting

    async def read(self, headers: Headers, exchange: Exchange) -> bytes:
        """The decompressed body, held in the budget. Raises ProblemError."""
        body = self.at_once(headers, exchange)
        if body is not None:
            return body
        pieces = await self.read_pieces(headers, exchange)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def at_once(self, headers: Headers, exchange: Exchange) -> bytes | None:
        """The body, when all of it has come, nothing is to be done with it, and there is room; else None, and it is still there."""
        size = exchange.buffered
        if not exchange.complete or "content-encoding" in headers or not self.budget.try_hold(size):
            return None
        return exchange.take()

    async def read_pieces(self, headers: Headers, exchange: Exchange) -> list[bytes]:
        """The same in the pieces in which it came, so that a large one is never copied."""
        encoding = (headers.get("content-encoding") or "identity").strip().lower()
        if encoding != "identity" and encoding not in _WINDOW_BITS:
            await drain(headers, exchange)
            raise ProblemError(
                "unsupported_media_type", f"The content encoding {encoding[:40]!a} is not taken.",
                hint="Send the body as it is, or as gzip or deflate.",
            )  # fmt: skip
        pieces = await self._receive(headers, exchange)
        if encoding != "identity":
            pieces = [await self._decompress(b"".join(pieces), _WINDOW_BITS[encoding])]
        self.budget.held += sum(map(len, pieces))
        return pieces

    async def _receive(self, headers: Headers, exchange: Exchange) -> list[bytes]:
        declared = headers.get("content-length")
        if declared is None:
            if headers.get("transfer-encoding") is None:
                return []
            length = None
        else:
            length = int(declared)
            if length > self.budget.limit:
                await drain(headers, exchange)
                raise self._too_large()
        reserved = length or 0
        try:
            self.budget.hold(reserved)
        except ProblemError:
            await drain(headers, exchange)
            raise
        try:
            return await self._collect(exchange, length)
        except TimeoutError:
            raise _too_slow() from None
        except ClientDisconnected:
            raise _cut_short() from None
        finally:
            self.budget.held -= reserved

    async def read_shared(self, body: SealedBuffer, exchange: Exchange, came: Callable[[int], None]) -> None:
        """Read one of declared length, for which there is room, into `body`, and seal it; `came` gets the number of bytes that are there.
        The caller gives it back by `release`. Raises ProblemError."""
        self.budget.held += body.size
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as clock:

                def write(data: bytes | memoryview) -> None:
                    body.write(data)
                    clock.reschedule(begun + PATIENCE_SECONDS + body.filled / SLOWEST_BYTES_PER_SECOND)
                    came(body.filled)

                await exchange.read_directly(body.size, write)
            body.seal()
        except BaseException as error:
            self.budget.held -= body.size
            if isinstance(error, TimeoutError):
                raise _too_slow() from None
            if isinstance(error, ClientDisconnected):
                raise _cut_short() from None
            if isinstance(error, OSError):  # there is no memory for it
                raise _overloaded() from error
            raise

    async def _collect(self, exchange: Exchange, length: int | None) -> list[bytes]:
        """Read piece by piece; without a known length the pieces are what counts as held."""
        chunks: list[bytes] = []
        size = 0
        loop = asyncio.get_running_loop()
        begun = loop.time()
        refused: ProblemError | None = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as clock:
                async for chunk in exchange:
                    size += len(chunk)
                    if length is None:
                        self.budget.held += len(chunk)
                    if size > self.budget.limit:
                        refused = self._too_large()
                        break
                    if self.budget.is_exceeded:
                        refused = _overloaded()
                        break
                    chunks.append(chunk)
                    clock.reschedule(begun + PATIENCE_SECONDS + size / SLOWEST_BYTES_PER_SECOND)
        finally:
            if length is None:
                self.budget.held -= size
        if refused is not None:
            chunks.clear()
            await _discard(exchange, DRAIN_BYTES)
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
            content = inflater.decompress(body, self.budget.limit + 1)
        except zlib.error as error:
            raise ProblemError("malformed_request", f"The body can't be decompressed: {error}.") from None
        if len(content) > self.budget.limit:
            raise self._too_large()
        if not inflater.eof or inflater.unused_data:
            raise ProblemError("malformed_request", "The compressed body is cut short, or something follows it.")
        return content

    def _too_large(self) -> ProblemError:
        return ProblemError(
            "body_too_large", f"A request body may have {self.budget.limit} bytes, decompressed.",
            hint=f"Send the rows in several requests, or have the operator raise {self._setting}.",
        )  # fmt: skip


async def drain(headers: Headers, exchange: Exchange, budget: int = DRAIN_BYTES) -> None:
    """Read and forget the rest of a body that is refused, up to `budget` bytes, so that its sender hears the answer."""
    if headers.get("expect") is not None:
        return  # such a client waits to be asked for the body
    if headers.get("content-length") in (None, "0") and headers.get("transfer-encoding") is None:
        return
    await _discard(exchange, budget)


async def _discard(exchange: Exchange, budget: int) -> None:
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for chunk in exchange:
                budget -= len(chunk)
                if budget <= 0:
                    return
    except (TimeoutError, ClientDisconnected):
        return  # it was refused anyway; now its sender won't hear why


def _too_slow() -> ProblemError:
    return ProblemError("malformed_request", "The body took too long to arrive.")


def _cut_short() -> ProblemError:
    return ProblemError("malformed_request", "The connection ended before the whole body had come.")


def _overloaded() -> ProblemError:
    return ProblemError(
        "overloaded", "The server holds as many request bodies as it can.", hint="Send it again later.", retry_after=1
    )  # fmt: skip
