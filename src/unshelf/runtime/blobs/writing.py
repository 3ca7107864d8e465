"""Verification of a blob while it is written: the same on every backend."""

import hashlib
from collections.abc import Iterable, Iterator

from unshelf.contracts.errors import BodyTooLarge, MalformedRequest


class VerifiedChunks:
    """Passes chunks on, counts and hashes them, and raises at their end unless they have the digest."""

    def __init__(self, digest: str, chunks: Iterable[bytes], *, limit: int) -> None:
        self.size = 0
        self._digest = digest
        self._chunks = chunks
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        found = hashlib.sha256()
        for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise BodyTooLarge(f"A file may have at most {self._limit} bytes here.")
            found.update(chunk)
            yield chunk
        if found.hexdigest() != self._digest:
            raise MalformedRequest(
                f"These {self.size} bytes have the SHA-256 {found.hexdigest()}, not {self._digest}.",
                hint="The file changed while it was sent, or the transfer was cut short. Send it again.",
            )
