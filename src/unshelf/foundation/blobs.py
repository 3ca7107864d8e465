"""The blob store's port: bytes by their SHA-256 digest, written once and never changed."""

from collections.abc import Iterable, Iterator
from typing import Protocol


class Blobs(Protocol):
    """Keeps bytes under their digest. Every method may be called from many threads and processes at once."""

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those of `digests` that are not here, each once, in the order given. A malformed digest raises MalformedRequest."""
        ...

    def put(self, digest: str, chunks: Iterable[bytes], *, limit: int) -> int:
        """Store the chunks and give their size; when this returns they survive a power cut.

        Storing what is there already changes nothing. Chunks with another digest raise MalformedRequest, more than
        `limit` bytes BodyTooLarge; then, and when the chunks end in an error, nothing is left behind."""
        ...

    def read(self, digest: str) -> bytes:
        """The bytes, whole: for small files such as examples. Raises NotFound."""
        ...

    def delete(self, digests: Iterable[str]) -> None:
        """Remove them. Removing what is not there is a no-op."""
        ...

    def stored(self) -> Iterator[tuple[str, float]]:
        """Every digest here with the Unix time at which it was last put, in no order. For sweeping out what nobody needs."""
        ...
