"""Patience: an end to waits that take too long, at the price of an entry in a set where a timer each costs ten times that."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

_STEPS = 8


class Wait(Awaitable[bytes], Protocol):
    """A future of whatever make, for bytes."""

    def cancel(self) -> object:
        """Have whoever awaits it meet CancelledError."""


class Patience:
    """Ends each wait after `seconds`, or up to an eighth later: those that began close together end together."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: Bucket | None = None

    def begin(self, wait: Wait) -> "Bucket":
        """Watch over a wait, which its bucket cancels when it is `over`. Whoever waited takes it out of `waits` again."""
        bucket = self._open or self._next()
        bucket.waits.add(wait)
        return bucket

    def _next(self) -> "Bucket":
        bucket = self._open = Bucket()
        loop = asyncio.get_running_loop()
        step = self._seconds / _STEPS
        loop.call_later(step, self._close)
        loop.call_later(step + self._seconds, bucket.end)
        return bucket

    def _close(self) -> None:
        self._open = None


class Bucket:
    """Waits that began within one step."""

    __slots__ = ("over", "waits")

    def __init__(self) -> None:
        self.over = False
        self.waits: set[Wait] = set()

    def end(self) -> None:
        """Those that still wait have waited long enough."""
        self.over = True
        for wait in list(self.waits):
            wait.cancel()
