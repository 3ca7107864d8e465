"""Blobs as files: the embedded default, one folder, no server. The file of `abcd…` is `ab/abcd…`."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from unshelf.contracts.errors import NotFound
from unshelf.runtime.blobs.port import CHUNK_BYTES, UNTOUCHED_SECONDS, BlobSettings, DiskSpace, checked_digest
from unshelf.runtime.blobs.writing import VerifiedChunks
from unshelf.runtime.durable import flush_file, flush_folder

_INCOMING = ".incoming"


class FileBlobs:
    """Keeps the promises of `Blobs` in a folder, which is made at the first write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / _INCOMING

    @classmethod
    def from_settings(cls, settings: BlobSettings) -> Self:
        """Open the folder of the settings."""
        return cls(settings.folder)

    def check(self) -> None:
        """Make the folder."""
        self._incoming.mkdir(parents=True, exist_ok=True)

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Return the digests that have no file."""
        return [digest for digest in dict.fromkeys(digests) if not self._path(digest).is_file()]

    def sizes(self, digests: Iterable[str]) -> dict[str, int]:
        """Return the sizes of the files."""
        found = {}
        for digest in dict.fromkeys(digests):
            with contextlib.suppress(FileNotFoundError):
                found[digest] = self._path(digest).stat().st_size
        return found

    def put(self, digest: str, chunks: Iterable[bytes], *, limit: int) -> int:
        """Write beside, verify, sync, then rename into place."""
        path = self._path(digest)
        verified = VerifiedChunks(digest, chunks, limit=limit)
        self._incoming.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._incoming, prefix=f"{digest[:16]}-")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in verified:
                    file.write(chunk)
                flush_file(file)
            path.parent.mkdir(exist_ok=True)
            temporary.replace(path)
            flush_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return verified.size

    def read(self, digest: str) -> bytes:
        """Return the file's content."""
        return b"".join(self.chunks(digest))

    def chunks(self, digest: str) -> Iterator[bytes]:
        """Yield the file's content."""
        try:
            file = self._path(digest).open("rb")
        except FileNotFoundError:
            raise NotFound(f"There is no file {digest} here.") from None
        with file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    def delete(self, digests: Iterable[str]) -> None:
        """Remove the files."""
        for digest in digests:
            self._path(digest).unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, float]]:
        """Yield every file's digest and time."""
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            if folder.name == _INCOMING or not folder.is_dir():
                continue
            for path in folder.iterdir():
                with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                    yield path.name, path.stat().st_mtime

    def discard_unfinished(self, *, untouched_seconds: float = UNTOUCHED_SECONDS) -> None:
        """Remove temporary files."""
        before = time.time() - untouched_seconds
        for path in self._incoming.iterdir() if self._incoming.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):  # its writer finished meanwhile
                if path.stat().st_mtime <= before:
                    path.unlink()

    def path_of(self, digest: str) -> Path:
        """Return the path of the file."""
        return self._path(digest)

    def space(self) -> DiskSpace:
        """Return the space of the folder's disk."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        usage = shutil.disk_usage(self._folder)
        return DiskSpace(total=usage.total, free=usage.free)

    def _path(self, digest: str) -> Path:
        return self._folder / checked_digest(digest)[:2] / digest
