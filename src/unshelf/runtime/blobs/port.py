"""The blobs port: bytes by their SHA-256 digest, written once and never changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from unshelf.contracts.bundle import is_digest
from unshelf.contracts.errors import MalformedRequest

CHUNK_BYTES = 1 << 20
"""How much of a blob is read at a time."""

UNTOUCHED_SECONDS = 24 * 3600.0
"""An unfinished upload that got nothing for a day has no writer any more: senders are given up on much earlier."""


@dataclass(frozen=True, kw_only=True)
class BlobSettings:
    """Where blobs lie."""

    setting: str
    """`files`, or `s3://BUCKET/PREFIX`."""
    folder: Path
    """The folder of the backend `files`."""
    s3_endpoint: str = ""
    """The address of an S3 server; empty: Amazon's."""


class Blobs(Protocol):
    """Keeps bytes under their digest.

    Every method may be called from many threads and processes at once, takes at most a few megabytes of memory whatever the size of a blob,
    and raises MalformedRequest for what is no digest. A backend that does not answer raises Unavailable; then the same call may be
    repeated."""

    def check(self) -> None:
        """Raise Unavailable unless the backend can be used: for the start of a server, which it stops."""
        ...

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Return the digests that are not stored, each once, in the order given.

        Speed: one look for each digest; a backend behind a network makes several at a time."""
        ...

    def sizes(self, digests: Iterable[str]) -> dict[str, int]:
        """Return the sizes in bytes of those that are stored. Speed: as `missing`."""
        ...

    def put(self, digest: str, chunks: Iterable[bytes], *, limit: int) -> int:
        """Store the chunks and return their size; when this returns they survive a power cut.

        The digest is computed while the chunks are written, and readers see the whole blob or none. Putting a stored blob again
        changes nothing but the time of its last put. Chunks with another digest raise MalformedRequest, more than `limit` bytes
        BodyTooLarge; then, and when the chunks end in an error, which is passed on, nothing is visible or left behind."""
        ...

    def read(self, digest: str) -> bytes:
        """Return a whole blob: for small ones such as examples and lock files. Raises NotFound."""
        ...

    def chunks(self, digest: str) -> Iterator[bytes]:
        """Yield a blob in chunks of at most CHUNK_BYTES. Raises NotFound before the first. The reader verifies the digest."""
        ...

    def delete(self, digests: Iterable[str]) -> None:
        """Remove blobs. Removing what is not stored is a no-op."""
        ...

    def stored(self) -> Iterator[tuple[str, float]]:
        """Yield every stored digest with the Unix time of its last put, in no order: for garbage collection."""
        ...

    def discard_unfinished(self, *, untouched_seconds: float = UNTOUCHED_SECONDS) -> None:
        """Remove what killed writers left half-written: whatever nobody has written to for `untouched_seconds`.

        Several processes may do that at once, also while others write. What killed writers left is invisible to every other
        method and only takes space."""
        ...


@runtime_checkable
class LocalFiles(Protocol):
    """Blobs that are files of this machine: a program that reads files needs no copy of them."""

    def path_of(self, digest: str) -> Path:
        """Return the path at which the blob is, or would be. Raises MalformedRequest for what is no digest."""
        ...


@dataclass(frozen=True, kw_only=True)
class DiskSpace:
    """Size of a disk, and how much of it is free, in bytes."""

    total: int
    free: int


@runtime_checkable
class OwnDisk(Protocol):
    """Blobs that lie on a disk of this machine, which they may fill."""

    def space(self) -> DiskSpace:
        """Return the space of the disk."""
        ...


def checked_digest(digest: str) -> str:
    """Return the digest. Raises MalformedRequest for anything else."""
    if not is_digest(digest):
        raise MalformedRequest(f"{digest[:80]!a} is no SHA-256 digest, which has 64 lower-case hex digits.")
    return digest
