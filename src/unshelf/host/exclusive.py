"""File locks: at most one builder of a folder at a time, in this process and in any other; a dead one's lock is free."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path

_POLL_SECONDS = 0.05


@contextlib.asynccontextmanager
async def exclusive(path: Path) -> AsyncIterator[None]:
    """Hold the lock named by this file while inside; the file is there only as long as someone holds or wants the lock."""
    while (descriptor := try_lock(path)) is None:  # noqa: ASYNC110 - the holder may be another process
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        unlock(path, descriptor)


def try_lock(path: Path) -> int | None:
    """Take the lock if it is free and return its descriptor, for `unlock`; else None."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The one who held it before may have removed the file after we opened it: then we hold nothing others can see.
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def unlock(path: Path, descriptor: int) -> None:
    """Give the lock back; the file goes first, while it is surely ours."""
    path.unlink(missing_ok=True)
    os.close(descriptor)
