"""Metrics of loops: counted in a mapped file that `/metrics` reads; an observer hears of loops that keep failing."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from unshelf.contracts import counter_ids as c
from unshelf.runtime.mapped_counters import MappedCounters

_FAILING_AFTER = 3
"""Failures in a row, of one loop in one process, from which on it is said to be failing."""
_AGAIN_SECONDS = 10.0
"""A loop that goes on failing with the same error is logged, and its observer hears of it, no more often than this."""

logger = logging.getLogger(__name__)


class LoopObserver(Protocol):
    """Hears of loops that keep failing, so that people do. Called from the loops' threads."""

    def failing(self, loop: str, failures: int, error: str) -> None:
        """Note that the last runs of a loop all failed; called again from time to time while they do."""

    def working(self, loop: str) -> None:
        """Note that a loop had its first success since this process began, or since it was failing."""


class LoopMetrics:
    """Counts the runs of one process's loops."""

    def __init__(self, folder: Path, index: int, *, observer: LoopObserver | None = None) -> None:
        self._index = index
        self._file = MappedCounters(folder / f"{c.LOOPS_CELLS}{index}.cells")
        self._lock = threading.Lock()
        self._in_a_row: dict[str, int] = {}
        self._said: dict[str, tuple[str, float]] = {}
        """The error that a loop was last said to fail with, and when."""
        self._observer = observer

    def succeeded(self, loop: str, began: float) -> None:
        """Count a run that went well; `began`: its start on the monotonic clock."""
        cells = self._count(loop, began)
        cells[c.LOOP_LAST_SUCCESS] = int(time.time())
        observer, failures = self._observer, self._in_a_row.get(loop, _FAILING_AFTER)
        if failures < _FAILING_AFTER or observer is None or _tell(loop, lambda: observer.working(loop)):
            self._in_a_row[loop] = 0
            self._said.pop(loop, None)

    def failed(self, loop: str, began: float, error: Exception) -> None:
        """Count a run that failed, and log why."""
        cells = self._count(loop, began)
        cells[c.LOOP_FAILURES] += 1
        failures = self._in_a_row[loop] = self._in_a_row.get(loop, 0) + 1
        observer, text, moment = self._observer, f"{type(error).__name__}: {error}", time.monotonic()
        said, said_at = self._said.get(loop, ("", 0.0))
        if failures > _FAILING_AFTER and text == said and moment - said_at < _AGAIN_SECONDS:
            return
        self._said[loop] = text, moment
        logger.error("a loop failed; it goes on", exc_info=error, extra={"loop": loop, "failures": failures})
        if failures >= _FAILING_AFTER and observer is not None:
            _tell(loop, lambda: observer.failing(loop, failures, text))

    def _count(self, loop: str, began: float) -> memoryview:
        with self._lock:
            cells = self._file.block((c.LOOP, loop, self._index), c.LOOP_CELLS)
            cells[c.LOOP_RUNS] += 1
            cells[c.LOOP_MICROSECONDS] += int((time.monotonic() - began) * 1e6)
            return cells


def _tell(loop: str, call: Callable[[], None]) -> bool:
    """Call an observer; False where it fails, since a database that is away must not end the loop's thread."""
    try:
        call()
    except Exception:
        logger.exception("the state of a loop can't be reported", extra={"loop": loop})
        return False
    return True
