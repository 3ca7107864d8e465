"""Bundles: a version's files, copied from the blob store into a folder that workers read."""

import asyncio
import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from unshelf.contracts.bundle import BundleFile, Manifest, is_digest
from unshelf.contracts.errors import NotFound, Unavailable
from unshelf.contracts.home import Home
from unshelf.host.artifacts.folders import lock_of, put_in_place, remove_folder, set_aside, sweep, temporary_for
from unshelf.host.artifacts.usage import UsageCounts
from unshelf.host.errors import HostFailure
from unshelf.runtime.blobs.port import Blobs
from unshelf.runtime.durable import flush_file, write_new
from unshelf.runtime.file_lock import TransientLock

MANIFEST_FILE = "manifest.json"
FILES_FOLDER = "files"
"""The files have a folder of their own, so that a bundle may hold a `manifest.json` too."""
_READ_ONLY = 0o444


class BundleStore:
    """The bundles laid out in this home folder."""

    def __init__(self, home: Home, blobs: Blobs) -> None:
        self._home = home
        self._blobs = blobs
        self.holds = UsageCounts(self._remove)

    def files(self, digest: str) -> Path:
        """The folder of a bundle's files."""
        return self._home.bundles / digest / FILES_FOLDER

    def manifest(self, digest: str) -> Manifest | None:
        """Return the manifest of a bundle that is laid out or was once; else None."""
        for path in (self._home.bundles / digest / MANIFEST_FILE, self._home.manifest(digest)):
            try:
                return msgspec.json.decode(path.read_bytes(), type=Manifest)
            except (OSError, msgspec.ValidationError, msgspec.DecodeError):  # gone, damaged, or not to be read
                continue
        return None

    def read(self, file: BundleFile, *, limit: int) -> bytes:
        """Return the verified content of one file of a bundle, from the blob store. Blocks; at most `limit` bytes."""
        if file.size > limit:
            raise HostFailure(
                "lock_failed", f"{file.path!r} has {file.size} bytes; at most {limit} are read.", step="lock"
            )
        with _blob_errors(file):
            content = self._blobs.read(file.sha256)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise _damaged(file)
        return content

    def copy(self, file: BundleFile, target: Path) -> None:
        """Copy one file of a bundle to `target`, verified. Blocks."""
        self._copy(file, target, threading.Event())

    async def lay_out(self, manifest: Manifest) -> None:
        """Copy a bundle's files into place, verifying each, unless they are there.

        Raises `check_failed` when a blob is missing or damaged, `unavailable` when the blob store does not answer; then nothing stays."""
        folder = self._home.bundles / manifest.digest
        if _is_laid_out(folder):
            return
        async with TransientLock.acquire(lock_of(folder)):
            if _is_laid_out(folder):
                return
            if self.holds.is_held(manifest.digest):  # a deploy asks, not the start of a version already registered
                self.holds.made(manifest.digest)
            stop = threading.Event()
            copying = asyncio.ensure_future(asyncio.to_thread(self._copy_into_place, manifest, folder, stop))
            try:
                await asyncio.shield(copying)
            except asyncio.CancelledError:
                stop.set()
                await asyncio.wait([copying])
                raise

    def _copy_into_place(self, manifest: Manifest, folder: Path, stop: threading.Event) -> None:
        temporary = temporary_for(folder)
        try:
            (temporary / FILES_FOLDER).mkdir(parents=True)
            for file in manifest.files:
                if not self._copy(file, temporary / FILES_FOLDER / file.path, stop):
                    return
            _write(temporary / MANIFEST_FILE, manifest.encode())
            self._store_manifest(temporary / MANIFEST_FILE, manifest.digest)
            put_in_place(temporary, folder)
        finally:
            remove_folder(temporary)

    def _store_manifest(self, written: Path, digest: str) -> None:
        """Keep the manifest beside the bundles too, so that a bundle's folder can be remade."""
        with contextlib.suppress(FileExistsError):
            os.link(written, self._home.manifest(digest))

    def _copy(self, file: BundleFile, target: Path, stop: threading.Event) -> bool:
        """Copy one file, hashing what is written; False when asked to stop."""
        digest = hashlib.sha256()
        with _create(target, file) as copy:
            chunks = self._blobs.chunks(file.sha256)
            while chunk := _next(chunks, file):
                if stop.is_set():
                    return False
                digest.update(chunk)
                copy.write(chunk)
            flush_file(copy)
        if digest.hexdigest() != file.sha256:
            raise _damaged(file)
        target.chmod(_READ_ONLY)
        return True

    async def forget(self, digest: str) -> None:
        """Delete a laid out bundle that no version needs. One that is not there is no error."""
        if is_digest(digest):
            await self.holds.let_go(digest)

    async def _remove(self, digest: str) -> None:
        folder = self._home.bundles / digest
        async with TransientLock.acquire(lock_of(folder)):
            if self.holds.is_held(digest):
                return
            self._home.manifest(digest).unlink(missing_ok=True)
            aside = set_aside(folder)
        if aside is not None:
            await asyncio.to_thread(remove_folder, aside)

    def sweep(self) -> list[str]:
        """Remove what a killed host left half-copied."""
        return sweep(self._home.bundles)


def _is_laid_out(folder: Path) -> bool:
    try:
        return (folder / MANIFEST_FILE).is_file()
    except OSError:  # a folder that may not be read is laid out anew
        return False


def _write(path: Path, content: bytes) -> None:
    write_new(path, content)
    path.chmod(_READ_ONLY)


def _create(target: Path, file: BundleFile) -> BinaryIO:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("xb")
    except (FileExistsError, NotADirectoryError) as error:
        raise HostFailure(
            "check_failed",
            f"The bundle has {file.path!r} both as a file and as a folder.",
            hint="Rename one of the two.",
            step="check",
        ) from error


def _next(chunks: Iterator[bytes], file: BundleFile) -> bytes:
    """Return the next chunk; empty at the end."""
    with _blob_errors(file):
        return next(chunks, b"")


@contextlib.contextmanager
def _blob_errors(file: BundleFile) -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise HostFailure(
            "check_failed",
            f"The file {file.path!r} is not in the blob store.",
            hint="Deploy again: missing files are uploaded.",
            step="check",
        ) from error
    except Unavailable as error:
        raise HostFailure(
            "unavailable", error.detail, hint=error.hint, step="check", retry_after=error.retry_after
        ) from error


def _damaged(file: BundleFile) -> HostFailure:
    return HostFailure(
        "check_failed",
        f"The stored content of {file.path!r} is damaged: it does not have the digest it is stored under.",
        hint="Check the server's disk, remove the damaged blob and deploy again.",
        step="check",
    )
