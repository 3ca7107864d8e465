"""Waiting for the next request without falling asleep, while one comes right after the other.

A process that sleeps on an idle processor is back at work 0.1 ms after it was called, often later, and with cold caches: for a
caller who waits for each answer before he asks again, that is a good part of what his prediction takes. So after a request that
came alone, and soon after the one before, the next one is looked for a moment before the process sleeps."""

import os
import selectors
from time import perf_counter_ns

_Ready = list[tuple[selectors.SelectorKey, int]]

_LOOK_NS = 250_000
"""Longer than a caller on this machine takes to send his next request; what looking in vain costs."""
_BRISK_NS = 500_000
"""A wait so short, or shorter, makes the next one worth looking: nobody pays for looking who asks now and then."""


class BusyPollSelector:
    """Waits on a selector."""

    def __init__(self, selector: selectors.BaseSelector, *, allowed: bool) -> None:
        """`allowed`: whether there is processor time to look; where it is scarce, looking takes it from the work itself."""
        self._selector = selector
        self._allowed = allowed
        self._brisk = False

    def select(self, timeout: float | None, *, alone: bool) -> _Ready:
        """As the selector's; `alone`: the last request came alone. Of many callers one is always there, or will be."""
        if timeout == 0:
            return self._selector.select(0)
        began = perf_counter_ns()
        found: _Ready = []
        if self._brisk and alone:
            until = began + _LOOK_NS
            while not found and perf_counter_ns() < until:
                os.sched_yield()  # another process that wants this processor gets it
                found = self._selector.select(0)
        if not found:
            found = self._selector.select(timeout)
        self._brisk = self._allowed and perf_counter_ns() - began < _BRISK_NS
        return found
