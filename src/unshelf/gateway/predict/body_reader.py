"""Request bodies: read whole, within limits on size, memory and time, and decompressed."""

import asyncio
from collections.abc import Callable

from unshelf.gateway.access.shares import Holder, SharedRoom
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.exchange import ClientDisconnected, Exchange, Headers
from unshelf.gateway.predict.inflating import Inflation
from unshelf.gateway.sealed_buffer import SealedBuffer

PATIENCE_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 16 << 10
"""A body has PATIENCE_SECONDS, and longer while it comes at this rate."""
PACE_SECONDS = 10.0
"""The last seconds in which a body that is late must have come at this rate; what came fast before does not count."""
DRAIN_BYTES = 256 << 20
"""How much of a body that is refused is read and thrown away, so that ordinary clients, which send everything before
they listen, hear the answer instead of a connection reset."""
DRAIN_SECONDS = 30.0
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content encoding → its window bits for zlib."""


class BodyBudget(SharedRoom):
    """The memory for bodies that are being read or predicted: `limit` bytes each, `capacity` in all."""

    def __init__(self, limit: int, capacity: int) -> None:
        super().__init__(capacity, "request bodies", limit=limit)


class BodyReader:
    """Reads request bodies within a budget: what came is counted, whatever was announced."""

    def __init__(self, limit: int, *, capacity: int | None = None, setting: str = "UNSHELF_MAX_BODY_BYTES") -> None:
        self.budget = BodyBudget(limit, max(8 * limit, 512 << 20) if capacity is None else capacity)
        self._setting = setting
        self._inflation = Inflation(self.budget, limit)

    async def read(self, headers: Headers, exchange: Exchange, holder: Holder) -> bytes:
        """The decompressed body, held in the budget. Raises ProblemError."""
        body = self.at_once(headers, exchange, holder)
        if body is not None:
            return body
        pieces = await self.read_pieces(headers, exchange, holder)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def at_once(self, headers: Headers, exchange: Exchange, holder: Holder) -> bytes | None:
        """The body, when all of it has come, nothing is to be done with it, and there is room; else None, and it is still there."""
        size = exchange.buffered
        if not exchange.complete or "content-encoding" in headers or not self.budget.try_hold(size, holder):
            return None
        return exchange.take()

    async def read_pieces(self, headers: Headers, exchange: Exchange, holder: Holder) -> list[bytes]:
        """The same in the pieces in which it came, so that a large one is never copied."""
        encoding = (headers.get("content-encoding") or "identity").strip().lower()
        if encoding != "identity" and encoding not in _WINDOW_BITS:
            await drain(headers, exchange)
            raise ProblemError(
                "unsupported_media_type", f"The content encoding {encoding[:40]!a} is not taken.",
                hint="Send the body as it is, or as gzip or deflate.",
            )  # fmt: skip
        pieces = await self._receive(headers, exchange, holder)
        if encoding == "identity":
            return pieces
        try:
            content = await self._inflation.inflate(pieces, _WINDOW_BITS[encoding], holder)
        finally:
            self.budget.release(sum(map(len, pieces)), holder)
        if content is None:
            raise self._too_large()
        return content

    async def _receive(self, headers: Headers, exchange: Exchange, holder: Holder) -> list[bytes]:
        declared = headers.get("content-length")
        length = None if declared is None else int(declared)
        if length is None and headers.get("transfer-encoding") is None:
            return []
        if length is not None:
            if length > self.budget.limit:
                await drain(headers, exchange)
                raise self._too_large()
            try:
                self.budget.must_have_room(length, holder)
            except ProblemError:
                await drain(headers, exchange)
                raise
        try:
            return await self._collect(exchange, length, holder)
        except TimeoutError:
            raise _too_slow() from None
        except ClientDisconnected:
            raise _cut_short() from None

    async def read_shared(
        self, body: SealedBuffer, exchange: Exchange, came: Callable[[int], None], holder: Holder
    ) -> None:
        """Read one of declared length into `body`, and seal it; `came` gets the number of bytes that are there.
        The caller gives it back by `release`. Raises ProblemError."""
        held = 0
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as clock:
                pace = BodyPace(clock)

                def write(data: bytes | memoryview) -> None:
                    nonlocal held
                    self.budget.grow(len(data), holder, held)
                    held += len(data)
                    body.write(data)
                    pace.came(body.filled)
                    came(body.filled)

                await exchange.read_directly(body.size, write)
            body.seal()
        except BaseException as error:
            self.budget.release(held, holder)
            if isinstance(error, TimeoutError):
                raise _too_slow() from None
            if isinstance(error, ClientDisconnected):
                raise _cut_short() from None
            if isinstance(error, OSError):  # there is no memory for it
                raise _no_memory() from error
            raise

    async def _collect(self, exchange: Exchange, length: int | None, holder: Holder) -> list[bytes]:
        """Read piece by piece; the pieces that came are held."""
        chunks: list[bytes] = []
        size = 0
        refused: ProblemError | None = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as clock:
                pace = BodyPace(clock)
                async for chunk in exchange:
                    if size + len(chunk) > self.budget.limit:
                        refused = self._too_large()
                        break
                    self.budget.grow(len(chunk), holder, size)
                    size += len(chunk)
                    chunks.append(chunk)
                    pace.came(size)
        except ProblemError as error:
            refused = error
        except BaseException:
            self.budget.release(size, holder)
            raise
        # A chunked body that breaks off looks like one that ends; its sender is gone then and hears no answer.
        if refused is None and length is not None and size != length:
            refused = _cut_short()
        if refused is not None:
            chunks.clear()
            self.budget.release(size, holder)
            await _discard(exchange, DRAIN_BYTES)
            raise refused
        return chunks

    def _too_large(self) -> ProblemError:
        return ProblemError(
            "body_too_large", f"A request body may have {self.budget.limit} bytes, decompressed.",
            hint=f"Send the rows in several requests, or have the operator raise {self._setting}.",
        )  # fmt: skip


class BodyPace:
    """The clock of a body that is coming: puts off its end while it comes fast enough."""

    def __init__(self, clock: asyncio.Timeout) -> None:
        """`clock` ends after PATIENCE_SECONDS."""
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._patient_until = self._loop.time() + PATIENCE_SECONDS
        self._next = SLOWEST_BYTES_PER_SECOND * PACE_SECONDS

    def came(self, size: int) -> None:
        """Take note that `size` bytes came, all in all."""
        if size >= self._next:
            self._next = size + SLOWEST_BYTES_PER_SECOND * PACE_SECONDS
            self._clock.reschedule(max(self._patient_until, self._loop.time() + PACE_SECONDS))


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


def _no_memory() -> ProblemError:
    return ProblemError(
        "overloaded", "The server has no memory for this body.", hint="Send it again later.", retry_after=1
    )
