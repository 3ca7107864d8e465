"""Bodies of predict requests that come over HTTP."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from unshelf.contracts.protocols import frames
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.exchange import Exchange, Headers
from unshelf.gateway.predict.body_hash import StreamingHash, digest_of
from unshelf.gateway.predict.body_reader import BodyReader, drain
from unshelf.gateway.predict.content_types import ARROW, BINARY_HEADER, V2, frame_kind, json_length, wants_arrow
from unshelf.gateway.predict.params import PARAMS_HEADER, note_header
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.sealed_buffer import SHARED_FROM_BYTES, SHARES, SealedBuffer


class HttpBody:
    """The body of one of the JSON protocols; see RequestBody."""

    def __init__(self, exchange: Exchange, reader: BodyReader, request: PredictRequest) -> None:
        self._exchange = exchange
        self._headers = exchange.headers
        self._reader = reader
        self._holder = request.holder_of(reader.budget)
        self._held = 0

    async def drain(self) -> None:
        """Read and forget the body."""
        await drain(self._headers, self._exchange)

    async def read(self, prediction: Prediction) -> None:
        """Fill in the body. Raises ProblemError."""
        prediction.body = await self._reader.read(self._headers, self._exchange, self._holder)
        self._held = len(prediction.body)

    def parse(self, prediction: Prediction) -> None:
        """Find the JSON part of a body with binary tensors, and parameters beside the body. Raises ProblemError."""
        if prediction.protocol == V2:
            binary = self._headers.get(BINARY_HEADER)
            prediction.wire_protocol = frame_kind(V2, prediction.content_type, binary=binary is not None)
            prediction.header = json_length(binary, prediction.body)
        note_header(prediction, self._headers.get(PARAMS_HEADER))

    def release(self) -> None:
        """Give back the memory that `read` counted."""
        self._reader.budget.release(self._held, self._holder)
        self._held = 0


class ArrowBody(HttpBody):
    """An Arrow stream. A large one is shared with its worker, others go on in the pieces in which they came; the record keeps
    the first bytes of a long one."""

    _shared: SealedBuffer | None = None

    def __init__(self, exchange: Exchange, reader: BodyReader, request: PredictRequest, recorded_bytes: int) -> None:
        super().__init__(exchange, reader, request)
        self._recorded_bytes = recorded_bytes

    async def read(self, prediction: Prediction) -> None:
        """Fill in the body. Raises ProblemError."""
        size = _shareable(self._headers)
        if self._recorded_bytes < size <= self._reader.budget.limit:
            await self._refuse_without_room(size)
            with contextlib.suppress(OSError):  # then it is read as a small one
                self._shared = SealedBuffer(size)
        if self._shared is not None:
            await self._read_shared(prediction, self._shared)
            return
        pieces = await self._reader.read_pieces(self._headers, self._exchange, self._holder)
        self._held = sum(map(len, pieces))
        keep_beginning(prediction, pieces, self._recorded_bytes)

    async def _read_shared(self, prediction: Prediction, body: SealedBuffer) -> None:
        """Read the body to where its worker will read it, and compute its digest beside."""
        digest = StreamingHash(body)
        await self._reader.read_shared(body, self._exchange, digest.update, self._holder)
        self._held = body.size
        prediction.shared, prediction.pieces = body, (body.view,)
        prediction.body = bytes(body.view[: self._recorded_bytes])
        prediction.input_size = body.size
        prediction.pending = asyncio.create_task(_note_digest(prediction, digest.finish()))

    async def _refuse_without_room(self, size: int) -> None:
        try:
            self._reader.budget.must_have_room(size, self._holder)
        except ProblemError:
            await self.drain()
            raise

    def parse(self, prediction: Prediction) -> None:
        """Note whether the caller wants Arrow back; a stream of events is JSON in any case."""
        prediction.wire_protocol = frames.ARROW
        streams = prediction.flags & frames.STREAM
        prediction.header = 1 if not streams and wants_arrow(self._headers.get("accept")) else 0
        note_header(prediction, self._headers.get(PARAMS_HEADER))

    def release(self) -> None:
        """Give back the memory that `read` counted."""
        super().release()
        if self._shared is not None:
            self._shared.close()
            self._shared = None


OpenBody = Callable[[Exchange, PredictRequest], HttpBody]
"""Exchange and request → the request's body."""


def http_bodies(reader: BodyReader, arrow_reader: BodyReader, recorded_arrow_bytes: int) -> OpenBody:
    """The function that opens the bodies of a gateway's requests."""

    def open_body(exchange: Exchange, request: PredictRequest) -> HttpBody:
        if request.protocol == ARROW:
            return ArrowBody(exchange, arrow_reader, request, recorded_arrow_bytes)
        return HttpBody(exchange, reader, request)

    return open_body


def keep_beginning(prediction: Prediction, pieces: list[bytes], recorded_bytes: int) -> None:
    """Give the prediction its body. The record of a longer one keeps the beginning, the size and the SHA-256."""
    size = sum(map(len, pieces))
    if size <= recorded_bytes:
        prediction.body = b"".join(pieces)
        return
    prediction.pieces = pieces
    prediction.body = _beginning(pieces, recorded_bytes)
    prediction.input_size = size
    prediction.pending = asyncio.create_task(_note_digest(prediction, digest_of(pieces)))


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
    """The size of a body that is worth sharing and known before it comes; 0 for any other."""
    if not SHARES or "content-encoding" in headers:
        return 0
    size = int(headers.get("content-length") or 0)
    return size if size >= SHARED_FROM_BYTES else 0
