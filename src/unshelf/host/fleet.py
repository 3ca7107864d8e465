"""The fleet: all replicas of this machine, kept in step with the routing table."""

import asyncio
import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.hosting import Replica as ReplicaFacts
from unshelf.contracts.routing import VersionRoute
from unshelf.host.bundles import Bundles
from unshelf.host.environments import Environments
from unshelf.host.failures import HostFailure
from unshelf.host.layout import Layout
from unshelf.host.replicas import Replica, VersionKey
from unshelf.host.routing import Routing
from unshelf.host.slots import Slot
from unshelf.host.worker_logs import WorkerLogs
from unshelf.host.workers import WORKER_MAIN, Launch

log = logging.getLogger(__name__)

MAX_BATCH_ROWS = 1024
MAX_BATCH_BYTES = 16 << 20
_TICK_SECONDS = 0.25
_TRIM_SECONDS = 10.0


class Fleet:
    """Wakes versions on demand, keeps those with a minimum alive, stops those that are idle, paused or gone."""

    def __init__(
        self,
        *,
        layout: Layout,
        routing: Routing,
        environments: Environments,
        bundles: Bundles,
        start_seconds: float,
        worker_main: Path = WORKER_MAIN,
    ) -> None:
        self._layout = layout
        self._routing = routing
        self._environments = environments
        self._bundles = bundles
        self._start_seconds = start_seconds
        self._worker_main = worker_main
        self._logs = WorkerLogs(layout.worker_logs)
        self._slots: dict[VersionKey, Slot] = {}
        self._active: dict[VersionKey, VersionRoute] = {}
        self._closing = False

    async def wake(self, model: str, version: int, not_address: str | None = None) -> str:
        """The address at which a version is served, started if need be. Raises HostFailure."""
        key = VersionKey(model=model, version=version)
        if key not in self._active:
            self.refresh()  # the sender's table may be newer than ours
        route = self._active.get(key)
        if route is None:
            raise self._not_served(key)
        if self._closing:
            raise HostFailure("unavailable", "the host is stopping", retry_after=1.0)
        return await self._slot(key, route).wake(not_address)

    def refresh(self) -> None:
        """Read the routing table again if it changed, and act on it."""
        if self._routing.refresh():
            self.follow_table()

    def follow_table(self) -> None:
        """Act on a new routing table: what it no longer has goes, what it wants kept is started."""
        self._active = {
            VersionKey(model=model, version=version): route
            for (model, version), route in self._routing.active().items()
        }
        self._forget_logs()
        self.reconcile()

    def reconcile(self) -> None:
        """One look at every replica."""
        if self._closing:
            return
        for key, slot in list(self._slots.items()):
            route = self._active.get(key)
            if route is None:
                slot.close()
                if slot.is_empty:
                    del self._slots[key]
                    self._forget_logs()
            elif not route.min_replicas:
                slot.stop_when_idle()
        for key, route in self._active.items():
            if route.min_replicas:
                self._slot(key, route).keep_alive()

    async def watch(self) -> None:
        """Look after the replicas for ever."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self.reconcile()

    async def trim_logs(self) -> None:
        """Keep the logs within bounds for ever."""
        while True:
            await asyncio.to_thread(self._logs.trim)
            await asyncio.sleep(_TRIM_SECONDS)

    async def stop(self) -> None:
        """Stop everything; nothing can be woken any more."""
        self._closing = True
        for slot in self._slots.values():
            slot.close()
        await asyncio.gather(*(slot.wait_until_empty() for slot in self._slots.values()))

    async def wait_until_unused(self, *, bundles: Collection[str], environments: Collection[str]) -> None:
        """Return when no process works in one of these; versions that left the table are being stopped already."""
        for slot in list(self._slots.values()):
            gone = slot.key not in self._active
            if gone and (slot.route.bundle in bundles or slot.route.environment in environments):
                await slot.wait_until_empty()

    def facts(self) -> list[ReplicaFacts]:
        """All replicas."""
        return [replica.facts() for slot in self._slots.values() for replica in slot.replicas()]

    def _slot(self, key: VersionKey, route: VersionRoute) -> Slot:
        slot = self._slots.get(key)
        if slot is None:
            slot = Slot(key, route, self._start_replica, start_seconds=self._start_seconds)
            self._slots[key] = slot
        slot.route = route
        return slot

    def _forget_logs(self) -> None:
        running = {(key.model, key.version) for key, slot in self._slots.items() if not slot.is_empty}
        self._logs.forget_all_but(self._routing.all_versions() | running)

    async def _start_replica(self, key: VersionKey, route: VersionRoute) -> Replica:
        if not self._environments.is_complete(route.environment):
            raise _gone(key, "environment")
        manifest = await asyncio.to_thread(self._bundles.manifest, route.bundle)
        if manifest is None:
            raise _gone(key, "bundle")
        await self._bundles.lay_out(manifest)
        spec: dict[str, Any] = {
            "bundle": str(self._bundles.files(route.bundle)),
            "model": key.model,
            "version": key.version,
            "manifest": msgspec.to_builtins(manifest),
            "signature": msgspec.to_builtins(route.signature),
            "batchable": route.batchable,
            "max_batch_rows": MAX_BATCH_ROWS,
            "max_batch_bytes": MAX_BATCH_BYTES,
        }
        launch = Launch(
            mode="serve",
            python=self._environments.python(route.environment),
            spec=spec,
            log_file=self._logs.file(key.model, key.version),
            run=self._layout.run,
            main=self._worker_main,
        )
        return await Replica.start(key, launch)

    def _not_served(self, key: VersionKey) -> HostFailure:
        if self._routing.find(key.model, key.version) is not None:
            return HostFailure("paused", f"{key} is paused", hint=f"`unshelf resume {key.model}` lets it serve again.")
        return HostFailure("not_found", f"there is no version {key}", hint="`unshelf models` lists what there is.")


def _gone(key: VersionKey, what: str) -> HostFailure:
    return HostFailure(
        "unavailable",
        f"the {what} of {key} is gone from the server's disk",
        hint="Deploy the model again: what is missing is made anew.",
        step="start",
    )
