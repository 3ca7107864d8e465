"""Noticing files that another process publishes by renaming them into a folder: told by the kernel, or by looking again."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import inotify_simple

_LOOK_SECONDS = 0.05
"""Where the kernel does not tell (macOS, or no inotify instance left for this user), a look costs all that waiting does."""
_TOLD_LOOK_SECONDS = 1.0
"""Where it does, looking is for what it does not see: changes made on another machine of a shared folder."""


async def keep_looking(folder: Path, look: Callable[[], object]) -> None:
    """Call `look` now, whenever something in the folder gets a name by renaming, and every now and then, until cancelled."""
    changed = asyncio.Event()
    with told_of_names(folder, changed.set) as told:
        while True:
            changed.clear()
            look()
            await set_within(changed, _TOLD_LOOK_SECONDS if told else _LOOK_SECONDS)


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


@contextlib.contextmanager
def told_of_names(folder: Path, changed: Callable[[], None]) -> Iterator[bool]:
    """Have `changed` called by the running loop whenever something in the folder gets a name by renaming.

    Gives whether the kernel tells of it; if not, `changed` is never called, and the caller has to look by itself.
    """
    try:
        names = inotify_simple.INotify(nonblocking=True)
    except (OSError, AttributeError):  # no instance is left; or the C library knows of none
        yield False
        return
    with names:
        try:
            names.add_watch(folder, inotify_simple.flags.MOVED_TO)
        except OSError:  # the folder is not there, or no watch is left
            yield False
            return
        loop = asyncio.get_running_loop()

        def told() -> None:
            names.read(timeout=0)
            changed()

        loop.add_reader(names.fd, told)
        try:
            yield True
        finally:
            loop.remove_reader(names.fd)
