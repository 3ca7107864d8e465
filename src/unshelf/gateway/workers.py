"""The ways to the workers of all versions in use, and what the host is told of their load."""

import asyncio
import os

from unshelf.contracts.hosting import Load
from unshelf.gateway.host import Host
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.problems import Refused
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.table import Table, Target
from unshelf.gateway.version_workers import VersionWorkers

_REPORT_SECONDS = 0.25
_REPEAT_SECONDS = 1.0


class Workers:
    """The ways to all versions in use."""

    def __init__(self, host: Host, recorder: Recorder, max_in_flight: int) -> None:
        self._host = host
        self._recorder = recorder
        self._max_in_flight = max_in_flight
        self._versions: dict[tuple[str, int], VersionWorkers] = {}

    def of(self, target: Target) -> VersionWorkers:
        """The way to this version's workers."""
        key = (target.model, target.version)
        found = self._versions.get(key)
        if found is None:
            found = VersionWorkers(target, self._host, self._recorder, self._max_in_flight)
            self._versions[key] = found
        return found

    def in_flight(self, model: str, version: int) -> int:
        """How many predictions of a version wait or run here."""
        found = self._versions.get((model, version))
        return 0 if found is None else found.in_flight

    def withdraw(self, prediction: Prediction, refused: Refused) -> bool:
        """See VersionWorkers; False also for one that was never submitted."""
        found = self._versions.get((prediction.model, prediction.version))
        return found is not None and found.withdraw(prediction, refused)

    def move_all(self) -> None:
        """The host was restarted: every version's address may have changed."""
        for version in self._versions.values():
            version.move()

    async def report_loads(self) -> None:
        """Tell the host what is in flight, of versions that may have more than one replica; for ever."""
        name, told_at = str(os.getpid()), 0.0
        told: list[Load] = []
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            scaled = [each for each in self._versions.values() if each.scales and each.in_flight]
            loads = [Load(model=each.model, version=each.version, in_flight=each.in_flight) for each in scaled]
            if loads == told and (not loads or loop.time() - told_at < _REPEAT_SECONDS):
                continue
            try:
                served = await self._host.report(name, loads)
            except ConnectionError:
                continue  # it is told when it is back
            told, told_at = loads, loop.time()
            for each in served:
                if version := self._versions.get((each.model, each.version)):
                    version.follow(each.addresses)

    def forget_missing(self, table: Table) -> None:
        """Hang up on the workers of versions that are no longer in the table."""
        for key in [key for key in self._versions if not _knows(table, *key)]:
            self._versions.pop(key).retire()


def _knows(table: Table, model: str, version: int) -> bool:
    route = table.models.get(model)
    return route is not None and version in route.versions
