"""A prediction whose answer comes in chunks, and the room that all of them share."""

import asyncio

import msgspec

from unshelf.contracts.protocols import frames
from unshelf.gateway.access.shares import Holder, SharedRoom
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction

STREAM_BYTES = 64 << 20
"""The most bytes of the chunks of one stream."""
CAPACITY_BYTES = 512 << 20
"""The most bytes of chunks of all streams that have not been read to their end."""


class StreamBudget(SharedRoom):
    """Counts what streams hold: every chunk until its prediction is recorded, and its caller has taken it."""

    def __init__(self, stream_bytes: int = STREAM_BYTES, capacity: int = CAPACITY_BYTES) -> None:
        super().__init__(capacity, "streams that callers have not read yet")
        self.stream_bytes = stream_bytes


class Streamed(Prediction, eq=False, kw_only=True):
    """A prediction whose chunks are sent on as they come; its record holds all of them."""

    room: StreamBudget
    holder: Holder
    """Whom its chunks count for."""
    flags: int = frames.STREAM
    chunks: list[bytes] = msgspec.field(default_factory=list)
    """The JSON of each chunk that came."""
    size: int = 0
    """Their bytes, which are held in the room until `leave`."""
    overflow: ProblemError | None = None
    """Why no more chunks are taken."""
    seconds: float = 0.0
    """The caller's deadline for the whole stream; 0: none."""
    deadline: float = 0.0
    """When that ends, by the loop's clock."""
    received: bool = False
    changed: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    """Set when there is news for the task that sends the chunks on."""

    def begin(self) -> None:
        """See Prediction."""
        super().begin()
        if self.seconds:
            self.deadline = asyncio.get_running_loop().time() + self.seconds
        self.received = True
        self.changed.set()

    def take(self, chunk: bytes) -> None:
        """The worker sent a chunk. One that there is no room for is not kept, and `overflow` says so."""
        size = len(chunk)
        if self.size + size > self.room.stream_bytes:
            self.overflow = _too_long(self.room.stream_bytes)
            return
        try:
            self.room.grow(size, self.holder, self.size)
        except ProblemError as no_room:
            self.overflow = no_room
            return
        self.size += size
        self.chunks.append(chunk)
        self.changed.set()

    def leave(self) -> None:
        """Give back the room of the chunks: the caller has taken them, or left."""
        self.room.release(self.size, self.holder)
        self.size = 0

    def succeed(self, output: bytes, output_header: int) -> None:
        """The end of the stream; or the whole answer, of a model that does not yield."""
        super().succeed(self._outputs() if self.chunks or not output else output, output_header)

    def refuse(self, refused: ProblemError, traceback: str = "") -> None:
        """End with a problem; the record keeps the chunks beside it."""
        super().refuse(refused, traceback)
        if self.chunks:
            self.output = b'%b,"outputs":%b}' % (self.output[:-1], self._outputs())

    def _outputs(self) -> bytes:
        return b"[%b]" % b",".join(self.chunks)


def _too_long(limit: int) -> ProblemError:
    return ProblemError(
        "model_error", f"The model's answer is longer than the {limit >> 20} MiB that a stream may have.",
        hint="The model's owner can have it yield less, or in several answers.",
    )  # fmt: skip
