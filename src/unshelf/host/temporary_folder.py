"""A folder for one piece of work, which goes with it, whenever that is cancelled."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path


@contextlib.asynccontextmanager
async def temporary_folder(
    parent: Path, *, prefix: str, fill: Callable[[Path], None] = lambda _: None
) -> AsyncIterator[Path]:
    """Make a folder below `parent` in a thread, fill it, and remove it at the end.

    A thread goes on when who waits for it is cancelled; so the folder is removed then, too, as soon as it is made."""
    making = asyncio.ensure_future(asyncio.to_thread(_make, parent, prefix, fill))
    try:
        yield await asyncio.shield(making)
    finally:
        await asyncio.shield(_remove(making))


def _make(parent: Path, prefix: str, fill: Callable[[Path], None]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        fill(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


async def _remove(making: "asyncio.Future[Path]") -> None:
    (made,) = await asyncio.gather(making, return_exceptions=True)
    if isinstance(made, Path):
        await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)
