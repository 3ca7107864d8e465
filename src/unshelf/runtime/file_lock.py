"""File locks (flock): held by one process or open file at a time, and free as soon as the holder ends, however it ends.

The library `filelock` opens a lock file with truncation, and so can't lock a file for what it holds (a segment, a waiting
request, the holder's process id)."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

_POLL_SECONDS = 0.05
_SHORT_POLL_SECONDS = 0.01
_HELD = ".held-"
"""How the name of a temporary folder begins that is swept once its maker has ended."""


def lock_descriptor(descriptor: int, *, shared: bool = False, seconds: float = 0.0) -> bool:
    """Lock an open file until it is closed; False when another open file still holds the lock after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_SHORT_POLL_SECONDS)
        else:
            return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until no other process holds the lock file, then hold it; the file stays."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def try_locked(path: Path) -> Iterator[bool]:
    """Hold the lock file if it is free, and tell whether it was; the file stays."""
    descriptor = _open(path)
    try:
        yield lock_descriptor(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def try_shared(path: Path) -> Iterator[bool]:
    """Share the lock file with others who share it, unless somebody holds it alone, and tell whether it was shared; the file stays."""
    descriptor = _open(path)
    try:
        yield lock_descriptor(descriptor, shared=True)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def held_folder(parent: Path, purpose: str) -> Iterator[Path]:
    """Make a temporary folder below `parent`, for this user alone, and remove it at the end; its absolute path.

    `sweep_held` removes that of a process that was killed. `purpose` is a part of its name."""
    name = f"{purpose}-{secrets.token_hex(4)}"
    unseen, folder = parent.absolute() / f".new-{name}", parent.absolute() / f"{_HELD}{name}"
    unseen.mkdir(mode=0o700)
    descriptor = os.open(unseen, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unseen.rename(folder)  # locked before it has a name that is swept
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def sweep_held(parent: Path) -> list[Path]:
    """Remove the folders of `held_folder` whose makers have ended; returns them."""
    swept = []
    for folder in parent.glob(f"{_HELD}*"):
        with contextlib.suppress(OSError):  # gone, or no folder
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if lock_descriptor(descriptor):
                    shutil.rmtree(folder, ignore_errors=True)
                    swept.append(folder)
            finally:
                os.close(descriptor)
    return swept


class TransientLock:
    """A lock whose file exists only while somebody holds or wants it: for names of which there are many."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def try_acquire(cls, path: Path) -> "TransientLock | None":
        """Take the lock if it is free; else None."""
        descriptor = _open(path)
        with contextlib.suppress(FileNotFoundError):
            # The last holder may have removed the file after we opened it: a lock on that one excludes nobody.
            if lock_descriptor(descriptor) and os.path.samestat(os.fstat(descriptor), path.stat()):
                return cls(path, descriptor)
        os.close(descriptor)
        return None

    @classmethod
    @contextlib.asynccontextmanager
    async def acquire(cls, path: Path) -> AsyncIterator[None]:
        """Hold the lock in the block, after waiting for its holders in this process and others."""
        while (lock := cls.try_acquire(path)) is None:  # noqa: ASYNC110 - the holder may be another process
            await asyncio.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            lock.release()

    def release(self) -> None:
        """Free the lock; the file goes first, while it is certainly ours."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
