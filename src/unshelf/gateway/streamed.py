"""A prediction whose answer comes in chunks, and the room that all of them share."""

import asyncio

import msgspec

from unshelf.contracts import frames
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import Refused

STREAM_BYTES = 64 << 20
"""What the chunks of one stream may have in all."""
CAPACITY_BYTES = 512 << 20
"""What the chunks of all streams of a gateway may have, of those that have not been read to their end."""


class Room:
    """Counts what streams hold: every chunk until its prediction is recorded, and its caller has taken it."""

    def __init__(self, stream_bytes: int = STREAM_BYTES, capacity: int = CAPACITY_BYTES) -> None:
        self.stream_bytes = stream_bytes
        self.capacity = capacity
        self.held = 0


class Streamed(Prediction, eq=False, kw_only=True):
    """A prediction whose chunks are sent on as they come; its record holds all of them."""

    room: Room
    flags: int = frames.STREAM
    chunks: list[bytes] = msgspec.field(default_factory=list)
    """The JSON of each chunk that came."""
    size: int = 0
    """Their bytes, which are held in the room until `leave`."""
    excess: Refused | None = None
    """Why no more chunks are taken."""
    seconds: float = 0.0
    """What the caller gives the whole stream, and `deadline` when that ends, by the loop's clock; 0: no such wish."""
    deadline: float = 0.0
    received: bool = False
    heard: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    """Set when something happened that whoever sends the chunks on must look at."""

    def begin(self) -> None:
        """See Prediction."""
        super().begin()
        self.received = True
        self.heard.set()

    def take(self, chunk: bytes) -> None:
        """The worker sent a chunk. One that there is no room for is not kept, and `excess` says so."""
        size = len(chunk)
        if self.size + size > self.room.stream_bytes:
            self.excess = _too_long(self.room.stream_bytes)
        elif self.room.held + size > self.room.capacity:
            self.excess = _no_room()
        else:
            self.size += size
            self.room.held += size
            self.chunks.append(chunk)
            self.heard.set()

    def leave(self) -> None:
        """Its chunks are no longer held: the caller has taken them, or left."""
        self.room.held -= self.size
        self.size = 0

    def succeed(self, output: bytes, output_header: int) -> None:
        """The end of the stream; or the whole answer, of a model that does not yield."""
        super().succeed(self._outputs() if self.chunks or not output else output, output_header)

    def refuse(self, refused: Refused, traceback: str = "") -> None:
        """It ends with a problem; the record keeps the chunks beside it."""
        super().refuse(refused, traceback)
        if self.chunks:
            self.output = b'%b,"outputs":%b}' % (self.output[:-1], self._outputs())

    def _outputs(self) -> bytes:
        return b"[%b]" % b",".join(self.chunks)


def _too_long(limit: int) -> Refused:
    return Refused(
        "model_error", f"the model's answer is longer than the {limit >> 20} MiB that a stream may have",
        hint="the model's owner can have it yield less, or in several answers",
    )  # fmt: skip


def _no_room() -> Refused:
    return Refused(
        "overloaded", "the server holds as much of its streams as it can, for callers who have not read it yet",
        hint="send it again later", retry_after=5,
    )  # fmt: skip
