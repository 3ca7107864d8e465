"""The SHA-256 of a large body, computed in a thread while the body comes and while the model is at work."""

import asyncio
import hashlib
from collections.abc import Iterable

from unshelf.gateway.sealed_buffer import SealedBuffer

_STEP_BYTES = 8 << 20
"""Bytes that must have come before hashing them is worth a thread."""


class StreamingHash:
    """Computes the digest of a body while it is written."""

    def __init__(self, body: SealedBuffer) -> None:
        self._view = body.view
        self._size = body.size
        self._sha256 = hashlib.sha256()
        self._taken = 0
        self._step: asyncio.Task[None] | None = None

    def update(self, filled: int) -> None:
        """Take note that `filled` bytes are there now.

        The thread begins with the second half: the first is made up for while the model is at work, and on a machine with few
        processors it would only keep the body from coming."""
        if 2 * filled < self._size:
            return
        if filled - self._taken >= _STEP_BYTES and (self._step is None or self._step.done()):
            self._step = asyncio.create_task(self._take(filled))

    async def finish(self) -> str:
        """All of it is there: the digest, in hexadecimal."""
        if self._step is not None:
            await self._step
        if self._taken < self._size:
            await self._take(self._size)
        return self._sha256.hexdigest()

    async def _take(self, filled: int) -> None:
        new, self._taken = self._view[self._taken : filled], filled
        await asyncio.to_thread(self._sha256.update, new)


async def digest_of(pieces: Iterable[bytes]) -> str:
    """Compute the digest of a body that is all there, in pieces."""
    sha256 = hashlib.sha256()

    def update() -> None:
        for piece in pieces:
            sha256.update(piece)

    await asyncio.to_thread(update)
    return sha256.hexdigest()
