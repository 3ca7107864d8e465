"""The memory budget: what workers and zygotes may take together; the least recently used go when it is not enough."""

import logging
import time
from collections.abc import Callable, Collection

from unshelf.contracts.routing import VersionRoute
from unshelf.host.fleet.replica_set import ReplicaSet
from unshelf.host.launch.replica import ReplicaProcess
from unshelf.host.launch.zygotes import ZygotePool
from unshelf.host.machine.memory import anonymous_bytes

logger = logging.getLogger(__name__)

_IDLE_SECONDS = 1.0
_IDLE_ZYGOTE_SECONDS = 5.0
_LOOKS_PER_TICK = 4
"""Replicas measured at a time: one takes a millisecond or more."""
_UNKNOWN_FORK_BYTES = 32 << 20
_UNKNOWN_SPAWN_BYTES = 256 << 20
_WARMING_SHARE = 0.7
"""Up to this part of the budget, zygotes are started before anybody asks for them."""


class Budget:
    """Knows what everybody takes, and makes room."""

    def __init__(self, size: int, replica_sets: Callable[[], Collection[ReplicaSet]], zygotes: ZygotePool) -> None:
        """`size` in bytes; 0: no budget."""
        self._size = size
        self._replica_sets = replica_sets
        self._zygotes = zygotes
        self._forks: dict[str, int] = {}
        """Environment → what a forked worker of it was last seen to take."""
        self._complained_at = 0.0

    def expected(self, route: VersionRoute) -> int:
        """Estimate the memory that one more worker of this version will take."""
        if route.fork_safe:
            return self._forks.get(route.environment, _UNKNOWN_FORK_BYTES)
        return route.memory_bytes or _UNKNOWN_SPAWN_BYTES

    def make_room(self, needed: int, *, sparing: str = "") -> None:
        """Let idle workers go, then idle zygotes but that of the environment `sparing`, until `needed` bytes more are within
        the budget. When nobody is idle nobody goes: a wake is never refused."""
        if not self._size:
            return
        excess = self._taken() + needed - self._size
        if excess <= 0:
            return
        for replica_set, replica in self._idle():
            if excess <= 0:
                return
            logger.info(
                "replica goes: its memory is needed",
                extra={"reference": str(replica_set.key), "pid": replica.worker.pid},
            )
            excess -= replica.footprint
            replica_set.evict(replica)
        for zygote in self._zygotes.all():
            if excess <= 0:
                return
            idle = time.monotonic() - zygote.last_used_at >= _IDLE_ZYGOTE_SECONDS
            if idle and zygote.environment != sparing:
                logger.info("zygote goes: its memory is needed", extra={"pid": zygote.worker.pid})
                excess -= anonymous_bytes(zygote.worker.pid)
                zygote.close()
        if excess > 0 and time.monotonic() - self._complained_at > 60:
            self._complained_at = time.monotonic()
            logger.warning("the memory budget is exceeded by workers in use", extra={"excess_bytes": excess})

    def free_gpus(self, needed: int) -> None:
        """Let idle workers go that have GPUs, until `needed` GPUs are on their way back."""
        leaving = sum(
            len(replica.gpus)
            for replica_set in self._replica_sets()
            for replica in replica_set.replicas()
            if replica.state == "stopping"
        )
        for replica_set, replica in self._idle():
            if leaving >= needed:
                return
            if replica.gpus:
                logger.info(
                    "replica goes: its GPU is needed",
                    extra={"reference": str(replica_set.key), "pid": replica.worker.pid},
                )
                leaving += len(replica.gpus)
                replica_set.evict(replica)

    def look(self) -> None:
        """Measure a few of those that were used since the last look, and keep to the budget."""
        looked = 0
        for replica_set in self._replica_sets():
            for replica in replica_set.serving():
                if looked < _LOOKS_PER_TICK and replica.measure():
                    looked += 1
                    if replica.was_forked:
                        self._forks[replica_set.route.environment] = replica.footprint
        if looked:
            self.make_room(0)

    def has_room_to_warm(self) -> bool:
        """Whether zygotes may be started that nobody has asked for yet."""
        return not self._size or self._taken() < self._size * _WARMING_SHARE

    def _taken(self) -> int:
        workers = sum(replica.footprint for replica_set in self._replica_sets() for replica in replica_set.serving())
        return workers + sum(anonymous_bytes(zygote.worker.pid) for zygote in self._zygotes.all())

    def _idle(self) -> list[tuple[ReplicaSet, ReplicaProcess]]:
        """List the replicas that may go, the least recently used first."""
        idle = [
            (replica_set, replica)
            for replica_set in self._replica_sets()
            for replica in replica_set.serving()[replica_set.route.min_replicas :]
            if replica.idle_seconds() >= _IDLE_SECONDS
        ]
        return sorted(idle, key=lambda pair: pair[1].last_used_at)
