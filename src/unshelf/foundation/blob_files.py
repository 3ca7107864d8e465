"""Blobs as files: the embedded default, one folder, no server. The file of `abcd…` is `ab/abcd…`."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from unshelf.contracts.bundle import is_digest
from unshelf.contracts.disk import flush_folder
from unshelf.foundation.errors import BodyTooLarge, MalformedRequest, NotFound

_INCOMING = ".incoming"


class FileBlobs:
    """Keeps the promises of `Blobs` in a folder, which it makes when it is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / _INCOMING
        self._incoming.mkdir(parents=True, exist_ok=True)

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those of `digests` that are not here."""
        return [digest for digest in dict.fromkeys(digests) if not self._path(digest).is_file()]

    def put(self, digest: str, chunks: Iterable[bytes], *, limit: int) -> int:
        """Write beside, verify, sync, then rename into place: readers see the whole blob or none."""
        path = self._path(digest)
        descriptor, name = tempfile.mkstemp(dir=self._incoming, prefix=f"{digest[:16]}-")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                size, found = 0, hashlib.sha256()
                for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise BodyTooLarge(f"a file holds at most {limit} bytes here")
                    found.update(chunk)
                    file.write(chunk)
                if found.hexdigest() != digest:
                    raise MalformedRequest(
                        f"these {size} bytes have the SHA-256 {found.hexdigest()}, not {digest}",
                        hint="the file changed while it was sent, or the transfer was cut short: send it again",
                    )
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(exist_ok=True)
            temporary.replace(path)
            flush_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return size

    def read(self, digest: str) -> bytes:
        """The bytes, whole."""
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"there is no file {digest} here") from None

    def delete(self, digests: Iterable[str]) -> None:
        """Remove them."""
        for digest in digests:
            self._path(digest).unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, float]]:
        """Every digest here with the time of its last put."""
        for folder in self._folder.iterdir():
            if folder.name == _INCOMING or not folder.is_dir():
                continue
            for path in folder.iterdir():
                with contextlib.suppress(FileNotFoundError):  # removed while we look: then it is not stored
                    yield path.name, path.stat().st_mtime

    def discard_unfinished(self) -> None:
        """Remove what a killed process left half written. Only for the one process that puts, before it begins."""
        for path in self._incoming.iterdir():
            path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        if not is_digest(digest):
            raise MalformedRequest(f"{digest[:80]!a} is no SHA-256 digest: 64 lower-case hex digits")
        return self._folder / digest[:2] / digest
