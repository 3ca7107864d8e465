"""A limit for routes that are open to everybody: requests a second from one network."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from unshelf.contracts.errors import TooManyRequests

RATE = 50.0
"""Requests a second in the long run: many people may share an address, and an embedded app asks often."""
BURST = 300.0
_MOST_NETWORKS = 10_000


class OpenLimiter:
    """Counts in memory, each control for itself. For any thread."""

    def __init__(
        self, *, rate: float = RATE, burst: float = BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Network → requests that it may make at once, and as of when."""

    def admit(self, network: str) -> None:
        """Count a request. Raises TooManyRequests."""
        now = self._clock()
        with self._lock:
            left, at = self._buckets.pop(network, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._rate)
            self._buckets[network] = (max(0.0, left - 1), now)
            if len(self._buckets) > _MOST_NETWORKS:
                self._buckets.popitem(last=False)
        if left < 1:
            raise TooManyRequests(
                "Too many requests without a token come from your network.", hint="Send fewer, or send a token.",
                retry_after=math.ceil((1 - left) / self._rate),
            )  # fmt: skip
