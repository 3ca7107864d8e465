"""Workers at their limit of processes: one that stays there can start nothing any more, so it is replaced, which its log says."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from weakref import WeakKeyDictionary

from unshelf.host.fleet.replica_set import ReplicaSet
from unshelf.host.launch.logs import WorkerLogs
from unshelf.host.launch.replica import ReplicaProcess
from unshelf.host.sandbox.observed import count_by_place

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
LOOKS = 6
"""Looks in a row that find a worker at its limit: it may be there for a moment."""


class ProcessLimitWatch:
    """Looks at how many processes and threads each worker has."""

    def __init__(
        self,
        replica_sets: Callable[[], Iterable[ReplicaSet]],
        logs: WorkerLogs,
        *,
        count: Callable[[], Mapping[str, int]] = count_by_place,
    ) -> None:
        """`count`: counts those of each place; for a thread, as it looks at every process of the machine."""
        self._replica_sets = replica_sets
        self._logs = logs
        self._count = count
        self._found: WeakKeyDictionary[ReplicaProcess, int] = WeakKeyDictionary()

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Look once, and replace those that were at their limit for too long."""
        if not any(replica_set.serving() for replica_set in self._replica_sets()):
            return
        counts = await asyncio.to_thread(self._count)
        for replica_set in list(self._replica_sets()):
            for replica in replica_set.serving():
                looks = self._found.get(replica, 0) + 1 if replica.is_at_process_limit(counts) else 0
                self._found[replica] = looks
                if looks >= LOOKS:
                    self._replace(replica_set, replica)

    def _replace(self, replica_set: ReplicaSet, replica: ReplicaProcess) -> None:
        reason = (
            f"it sat at its limit of {replica.most_processes} processes and threads for {LOOKS * LOOK_SECONDS:g} s, where it can start "
            "no other"
        )
        key = replica_set.key
        logger.warning("replica sits at its process limit", extra={"reference": str(key), "pid": replica.worker.pid})
        try:
            self._logs.say(key.model, key.version, "processes", f"This worker is replaced: {reason}.")
        except OSError as error:
            logger.warning("a line can't be written into a worker's log", extra={"reason": str(error)})
        replica_set.replace_crowded(replica, reason)
