"""Crash loops: a version that keeps dying is started again ever more slowly, so that it takes nobody else's machine."""

import time
from collections.abc import Callable

_SHORT_LIFE_SECONDS = 1.0
_FREE_DEATHS = 2
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 60.0


_SERVED_DELAY_SECONDS = 0.05


class CrashLoopBackoff:
    """Counts deaths at the start. The first two are forgiven at once: a kill from outside must cost nobody a wait.

    A worker that served and died soon is another matter: it may be the doing of one caller's row, for which all others must not
    wait. A request gets a new one almost at once; only replicas that no request waits for come ever more slowly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deaths = 0
        self._served_deaths = 0
        self._free_at = self._unasked_at = 0.0
        self.reason = ""
        self.log = ""

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to remember."""
        return not self._deaths and not self._served_deaths

    def died(self, *, lived_seconds: float, reason: str, log: str = "") -> None:
        """A worker ended unasked `lived_seconds` after it began to serve (0: it never did)."""
        if lived_seconds >= _SHORT_LIFE_SECONDS:
            self._deaths = self._served_deaths = 0
            return
        if not lived_seconds:
            self._deaths += 1
            self._hold(reason, log)
            return
        self.reason, self.log = reason, log
        self._served_deaths += 1
        if self._served_deaths > _FREE_DEATHS:
            self._free_at = max(self._free_at, self._clock() + _SERVED_DELAY_SECONDS)
        self._unasked_at = self._clock() + _delay(self._served_deaths)

    def refused(self, *, reason: str, log: str = "") -> None:
        """A worker said itself that it can't serve: the next one will say so too."""
        self._deaths = max(self._deaths, _FREE_DEATHS) + 1
        self._hold(reason, log)

    def wait_seconds(self) -> float:
        """How long until the next start is allowed; 0: now."""
        return max(0.0, self._free_at - self._clock())

    def wait_seconds_unasked(self) -> float:
        """How long until a replica may be started that no request waits for."""
        return max(self.wait_seconds(), self._unasked_at - self._clock())

    def _hold(self, reason: str, log: str) -> None:
        self.reason, self.log = reason, log
        self._free_at = self._clock() + _delay(self._deaths)


def _delay(deaths: int) -> float:
    doublings = deaths - _FREE_DEATHS - 1
    return 0.0 if doublings < 0 else min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** min(doublings, 16))
