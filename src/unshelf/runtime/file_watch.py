"""Watch for files that another process publishes by renaming them into a folder: by inotify, or by polling."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import inotify_simple

_POLL_SECONDS = 0.05
"""Where the kernel does not tell (macOS, or no inotify instance left for this user), a look costs all that waiting does."""
_WATCHED_POLL_SECONDS = 1.0
"""Where it does, looking is for what it does not see: changes made on another machine of a shared folder."""


async def poll_or_watch(folder: Path, look: Callable[[], object]) -> None:
    """Call `look` now, whenever something in the folder gets a name by renaming, and every now and then, until cancelled."""
    changed = asyncio.Event()
    with watch_renames(folder, changed.set) as is_watched:
        while True:
            changed.clear()
            look()
            await wait_for(changed, _WATCHED_POLL_SECONDS if is_watched else _POLL_SECONDS)


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after `seconds`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


@contextlib.contextmanager
def watch_renames(folder: Path, changed: Callable[[], None]) -> Iterator[bool]:
    """Have `changed` called by the running loop whenever something in the folder gets a name by renaming.

    Gives whether the kernel reports it; if not, `changed` is never called, and the caller has to poll.
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

        def read_names() -> None:
            names.read(timeout=0)
            changed()

        loop.add_reader(names.fd, read_names)
        try:
            yield True
        finally:
            loop.remove_reader(names.fd)
