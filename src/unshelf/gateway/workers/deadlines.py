"""Deadlines that many predictions share, at the price of an entry in a set where a timer each costs ten times that."""

import asyncio
from collections.abc import Callable

from unshelf.gateway.prediction import Prediction

STEP_SECONDS = 0.05
"""Predictions that begin within this time of each other end together, so none ends early, and none later than by this."""


class Deadlines:
    """Ends each prediction that is still watched over after `seconds`."""

    def __init__(self, seconds: float, expire: Callable[[Prediction], None]) -> None:
        self._seconds = seconds
        self._step = min(STEP_SECONDS, seconds / 8)
        self._expire = expire
        self._loop = asyncio.get_running_loop()
        self._open: set[Prediction] | None = None

    def watch(self, prediction: Prediction) -> None:
        """Watch over it, until it leaves its `deadline_group`."""
        due = self._open
        if due is None:
            due = self._open = set()
            self._loop.call_later(self._step, self._close)
            self._loop.call_later(self._step + self._seconds, self._end, due)
        due.add(prediction)
        prediction.deadline_group = due

    def _close(self) -> None:
        self._open = None

    def _end(self, due: set[Prediction]) -> None:
        for prediction in list(due):
            self._expire(prediction)
