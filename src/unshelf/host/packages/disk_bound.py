"""A bound on what a program may write: folders are looked at while it runs, and it is ended when they hold too much.

A build works on the disk, where large packages are unpacked, and no file system lets us bound one folder everywhere. So what it wrote is
summed up now and then; between two looks it can write more than the bound, by what the disk takes in that time.

What uv unpacks lands in a cache that many share. So where it runs nothing of strangers, the bytes that its process wrote are counted."""

import asyncio
import contextlib
import math
import os
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

_LEAST_FREE_BYTES = 512 << 20
"""Space that is left to the platform, which has predictions to record."""
_EVERY_SECONDS = 1.0
_PATIENCE = 20
"""A look that takes long is taken as much more rarely."""
_BLOCK = 512
_LEAST_FILE_BYTES = 4096
"""The least that a file or folder counts for: the system has a place for each, and not without end."""
_LEAST_FREE_FILES = 10_000


class DiskBoundExceeded(Exception):
    """The folders hold too much; the message says what."""


@contextlib.asynccontextmanager
async def disk_bound(folders: Sequence[Path], most_bytes: int, *, processes: Sequence[int] = ()) -> AsyncIterator[None]:
    """Inside, what these folders hold, and what these processes write, is bounded. What runs inside is cancelled when it is too much, and
    DiskBoundExceeded raised. More processes may be added meanwhile."""
    reasons: list[str] = []
    try:
        async with asyncio.timeout(None) as end:
            watching = asyncio.create_task(_watch(folders, processes, most_bytes, reasons, end))
            try:
                yield
                if reason := await asyncio.to_thread(exceeded, folders, most_bytes):
                    raise DiskBoundExceeded(reason)
            finally:
                watching.cancel()
                await asyncio.wait([watching])
    except TimeoutError:
        if not reasons:
            raise
        raise DiskBoundExceeded(reasons[0]) from None


async def _watch(
    folders: Sequence[Path], processes: Sequence[int], most_bytes: int, reasons: list[str], end: asyncio.Timeout
) -> None:
    while not reasons:
        began = time.monotonic()
        if reason := await asyncio.to_thread(exceeded, folders, most_bytes, processes):
            reasons.append(reason)
            end.reschedule(asyncio.get_running_loop().time())
        await asyncio.sleep(max(_EVERY_SECONDS, _PATIENCE * (time.monotonic() - began)))


def exceeded(folders: Sequence[Path], most_bytes: int, processes: Sequence[int] = ()) -> str:
    """Say what is too much; empty when nothing is."""
    if folders and shutil.disk_usage(folders[0]).free < _LEAST_FREE_BYTES:
        return f"less than {_LEAST_FREE_BYTES >> 20} MiB are left on the disk"
    if folders and _files_left(folders[0]) < _LEAST_FREE_FILES:
        return f"fewer than {_LEAST_FREE_FILES} files can still be made on the disk"
    if max(sum(map(size_of, folders)), sum(map(written_by, processes))) > most_bytes:
        return f"it wrote more than {most_bytes / (1 << 30):.4g} GiB"
    return ""


def _files_left(folder: Path) -> float:
    """How many files can still be made; infinite where the file system makes places as they are needed."""
    found = os.statvfs(folder)
    return found.f_favail if found.f_files else math.inf


def written_by(process: int) -> int:
    """Bytes that a process wrote so far, wherever to; 0 for one that is gone."""
    try:
        lines = Path(f"/proc/{process}/io").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("wchar:")), 0)


def size_of(folder: Path) -> int:
    """Bytes that a folder takes on disk, at least a block for each file in it; no link is followed, and what goes meanwhile does not
    count."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    total += max(_LEAST_FILE_BYTES, entry.stat(follow_symlinks=False).st_blocks * _BLOCK)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    return total
