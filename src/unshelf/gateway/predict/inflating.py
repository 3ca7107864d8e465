"""Compressed bodies: inflated step by step, so that the memory that comes out is counted before it is taken."""

import asyncio
import zlib
from collections.abc import Iterable
from weakref import WeakValueDictionary

from unshelf.gateway.access.shares import Count, Holder, SharedRoom
from unshelf.gateway.errors import ProblemError

_AT_ONCE_BYTES = 256 << 10
"""Bytes that are inflated on the event loop: more would hold up others, however few went in."""
_STEP_BYTES = 2 << 20
"""Bytes that come out of a step in a thread."""


class Inflation:
    """Inflates bodies. Those of one key take turns in the threads that all keys share."""

    def __init__(self, room: SharedRoom, limit: int) -> None:
        """`limit`: the most bytes of a body."""
        self._room = room
        self._limit = limit
        self._turns: WeakValueDictionary[Count, asyncio.Lock] = WeakValueDictionary()

    async def inflate(self, pieces: Iterable[bytes], window_bits: int, holder: Holder) -> list[bytes] | None:
        """The content of a compressed body, held in the room; None: it is too large. Raises ProblemError."""
        body = _Inflating(b"".join(pieces), window_bits, self._room, holder)
        try:
            step = body.reserve(_AT_ONCE_BYTES, self._limit)
            body.take(body.inflater.decompress(body.rest, step), step)
            turn = self._turns.get(holder.key) or asyncio.Lock()
            self._turns[holder.key] = turn
            while not body.ended and body.size <= self._limit:
                async with turn:
                    step = body.reserve(_STEP_BYTES, self._limit)
                    body.take(await asyncio.to_thread(body.inflater.decompress, body.rest, step), step)
            if body.size > self._limit:
                body.release()
                return None
            if not body.inflater.eof or body.inflater.unused_data:
                raise ProblemError("malformed_request", "The compressed body is cut short, or something follows it.")
        except zlib.error as error:
            body.release()
            raise ProblemError("malformed_request", f"The body can't be decompressed: {error}.") from None
        except BaseException:
            body.release()
            raise
        return body.content


class _Inflating:
    """A body that is being inflated, and what it holds."""

    def __init__(self, rest: bytes, window_bits: int, room: SharedRoom, holder: Holder) -> None:
        self.inflater = zlib.decompressobj(window_bits)
        self.rest = rest
        self.content: list[bytes] = []
        self.size = 0
        self._room = room
        self._holder = holder
        self._reserved = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more comes out."""
        return self.inflater.eof or (not self.rest and not self.content[-1])

    def reserve(self, step: int, limit: int) -> int:
        """Reserve room for the bytes of a step. Raises ProblemError."""
        step = min(step, limit + 1 - self.size)
        self._room.grow(step, self._holder, self.size)
        self._reserved = step
        return step

    def take(self, piece: bytes, step: int) -> None:
        """Take in what came out of a step for which `step` bytes were reserved."""
        self._room.release(step - len(piece), self._holder)
        self._reserved = 0
        self.size += len(piece)
        self.content.append(piece)
        self.rest = self.inflater.unconsumed_tail

    def release(self) -> None:
        """Give back all that is held."""
        self._room.release(self.size + self._reserved, self._holder)
        self.size = self._reserved = 0
