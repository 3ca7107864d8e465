"""Readers of events that one thread stores and any number of readers follow live, each from the first on."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec


def is_end(line: str) -> bool:
    """Whether this event, as JSON, is the last one: its step is `end`."""
    step: str = msgspec.json.decode(line, type=dict[str, Any])["step"]
    return step == "end"


class Followers:
    """Readers that follow pieces of work, such as deploys. Events are read from where they are stored, so any control may do the work."""

    def __init__(self, read: Callable[[str, int], list[str] | None], *, poll_seconds: float = 0.25) -> None:
        """`read` gives the stored events of a piece of work from a position on; None when there are no more and none will come."""
        self._read = read
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._wakers: dict[str, set[Callable[[], None]]] = {}

    def wake(self, key: str) -> None:
        """Have those who follow this piece of work look at once; those of other controls look a moment later."""
        with self._lock:
            for waker in self._wakers.get(key, ()):
                waker()

    async def follow(self, key: str) -> AsyncIterator[str]:
        """Every event as JSON, from the first on, until the end. A reader may leave at any time: nothing of it stays here."""
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def waker() -> None:
            with contextlib.suppress(RuntimeError):  # the reader's loop was closed before it could leave
                loop.call_soon_threadsafe(arrived.set)

        with self._lock:
            self._wakers.setdefault(key, set()).add(waker)
        try:
            position = 0
            while True:
                arrived.clear()
                lines = await asyncio.to_thread(self._read, key, position)
                if lines is None:
                    return
                for line in lines:
                    yield line
                    if is_end(line):
                        return
                position += len(lines)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await arrived.wait()
        finally:
            with self._lock:
                self._wakers[key].discard(waker)
                if not self._wakers[key]:
                    del self._wakers[key]
