"""The worker pools of all versions in use, and reports of their load to the host."""

import asyncio
import os

from unshelf.contracts.protocols.host import Load
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.routing.index import Table, VersionTarget
from unshelf.gateway.workers.host_client import HostClient
from unshelf.gateway.workers.pool import WorkerPool

_REPORT_SECONDS = 0.25
_REPEAT_SECONDS = 1.0


class WorkerPools:
    """The worker pools of all versions in use."""

    def __init__(self, host: HostClient, recorder: Recorder, max_in_flight: int) -> None:
        self._host = host
        self._recorder = recorder
        self._max_in_flight = max_in_flight
        self._versions: dict[tuple[str, int], WorkerPool] = {}

    def of(self, target: VersionTarget) -> WorkerPool:
        """The pool of this version's workers."""
        key = (target.model, target.version)
        found = self._versions.get(key)
        if found is None:
            found = WorkerPool(target, self._host, self._recorder, self._max_in_flight)
            self._versions[key] = found
        return found

    def in_flight(self, model: str, version: int) -> int:
        """How many predictions of a version wait or run here."""
        found = self._versions.get((model, version))
        return 0 if found is None else found.in_flight

    def withdraw(self, prediction: Prediction, refused: ProblemError) -> bool:
        """See WorkerPool; False also for one that was never submitted."""
        found = self._versions.get((prediction.model, prediction.version))
        return found is not None and found.withdraw(prediction, refused)

    def abandon_all(self, refused: ProblemError) -> None:
        """End all that wait or run with this answer."""
        for version in self._versions.values():
            version.abandon(refused)

    def move_all(self) -> None:
        """The host was restarted: every version's address may have changed."""
        for version in self._versions.values():
            version.move()

    async def report_loads(self) -> None:
        """Report to the host, for ever, what is in flight of versions that may have more than one replica."""
        name, reported_at = str(os.getpid()), 0.0
        reported: list[Load] = []
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            scaled = [each for each in self._versions.values() if each.scales and each.in_flight]
            loads = [Load(model=each.model, version=each.version, in_flight=each.in_flight) for each in scaled]
            if loads == reported and (not loads or loop.time() - reported_at < _REPEAT_SECONDS):
                continue
            try:
                served = await self._host.report(name, loads)
            except ConnectionError:
                continue  # it hears the load when it is back
            reported, reported_at = loads, loop.time()
            for each in served:
                if version := self._versions.get((each.model, each.version)):
                    version.connect_to(each.addresses)

    def forget_missing(self, table: Table) -> None:
        """Hang up on the workers of versions that are no longer in the table."""
        for key in [key for key in self._versions if not _knows(table, *key)]:
            self._versions.pop(key).retire()


def _knows(table: Table, model: str, version: int) -> bool:
    route = table.models.get(model)
    return route is not None and version in route.versions
