"""How many replicas a version should have: by the predictions that gateways have in flight, never by an error."""

import time
from collections.abc import Callable, Iterable

from unshelf.contracts.protocols.host import Load
from unshelf.contracts.routing import VersionRoute
from unshelf.host.launch.replica import VersionKey

_REPORT_SECONDS = 2.5
"""How long a gateway's word holds; it repeats it every second."""
_GROW_SECONDS = 0.5
_SHRINK_SECONDS = 10.0
_PER_REPLICA = 4
"""Predictions in flight that one replica is good for when it predicts one at a time."""
_PER_BATCHING_REPLICA = 32


class ReplicaScaling:
    """Remembers what gateways report, and how long it has been much or little."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reports: dict[str, tuple[float, dict[VersionKey, int]]] = {}
        self._busy_since: dict[VersionKey, float] = {}
        self._calm_since: dict[VersionKey, float] = {}

    def report(self, gateway: str, loads: Iterable[Load]) -> None:
        """Note what this gateway has in flight now, in place of its last report."""
        counts = {VersionKey(model=load.model, version=load.version): load.in_flight for load in loads}
        self._reports[gateway] = (self._clock(), counts)

    def in_flight(self, key: VersionKey) -> int:
        """Predictions of this version in flight in all gateways that were heard lately."""
        now = self._clock()
        self._reports = {name: report for name, report in self._reports.items() if now - report[0] <= _REPORT_SECONDS}
        return sum(counts.get(key, 0) for _, counts in self._reports.values())

    def wanted(self, key: VersionKey, route: VersionRoute, serving: int) -> int:
        """How many replicas there should be, where `serving` are: at most one more or less at a time."""
        if route.max_replicas <= 1 or not serving:
            return serving
        each = _PER_BATCHING_REPLICA if route.batchable else _PER_REPLICA
        load = self.in_flight(key)
        if self._lasts(self._busy_since, key, _GROW_SECONDS, holds=load > each * serving):
            return min(serving + 1, route.max_replicas)
        little = serving > 1 and load <= each * (serving - 1) // 2
        if self._lasts(self._calm_since, key, _SHRINK_SECONDS, holds=little):
            return max(serving - 1, route.min_replicas, 1)
        return serving

    def forget(self, key: VersionKey) -> None:
        """Forget a version that has no replica any more."""
        self._busy_since.pop(key, None)
        self._calm_since.pop(key, None)

    def _lasts(self, since: dict[VersionKey, float], key: VersionKey, seconds: float, *, holds: bool) -> bool:
        """Whether something has held for so long; once it has, the time starts anew."""
        if not holds:
            since.pop(key, None)
            return False
        if self._clock() - since.setdefault(key, self._clock()) < seconds:
            return False
        del since[key]
        return True
