"""The fleet: all replicas of this machine, kept in step with the routing table."""

import asyncio
import logging
from collections.abc import Collection

from unshelf.contracts.hosting import Load, Served
from unshelf.contracts.hosting import Replica as ReplicaFacts
from unshelf.contracts.routing import VersionRoute
from unshelf.host.budget import Budget
from unshelf.host.failures import HostFailure
from unshelf.host.launching import Launcher
from unshelf.host.replicas import Replica, VersionKey
from unshelf.host.routing import Routing
from unshelf.host.scaling import Scaling
from unshelf.host.slots import Slot, Woken

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_TRIM_SECONDS = 10.0


class Fleet:
    """Wakes versions on demand, keeps those with a minimum alive, stops those that are idle, paused or gone."""

    def __init__(self, *, routing: Routing, launcher: Launcher, start_seconds: float, memory_budget: int) -> None:
        self._routing = routing
        self._launcher = launcher
        self._start_seconds = start_seconds
        self._slots: dict[VersionKey, Slot] = {}
        self._active: dict[VersionKey, VersionRoute] = {}
        self._kept: dict[VersionKey, VersionRoute] = {}
        """Those of which some replicas always run."""
        self._scaling = Scaling()
        self._budget = Budget(memory_budget, self._slots.values, launcher.zygotes)
        launcher.gpus.make_room = self._budget.free_gpus
        self._closing = False

    async def wake(self, model: str, version: int, not_address: str | None = None) -> Woken:
        """The addresses at which a version is served, started if need be. Raises HostFailure."""
        key = VersionKey(model=model, version=version)
        if key not in self._active:
            self.refresh()  # the sender's table may be newer than ours
        route = self._active.get(key)
        if route is None:
            raise self._not_served(key)
        if self._closing:
            raise HostFailure("unavailable", "the host is stopping", retry_after=1.0)
        return await self._slot(key, route).wake(not_address)

    async def out_of_memory(self, model: str, version: int, address: str) -> str:
        """The memory limit that ended this worker, for people; empty when it was not that."""
        slot = self._slots.get(VersionKey(model=model, version=version))
        return await slot.out_of_memory(address) if slot else ""

    def kill_stuck(self, model: str, version: int, address: str, silent_seconds: float) -> None:
        """Kill a worker of which nothing was heard for so long, if that is true of all who were served by it."""
        slot = self._slots.get(VersionKey(model=model, version=version))
        if slot is not None:
            slot.kill_stuck(address, silent_seconds)

    def take_loads(self, gateway: str, loads: list[Load]) -> list[Served]:
        """What a gateway has in flight; gives where these versions are served now."""
        self._scaling.report(gateway, loads)
        slots = [self._slots.get(VersionKey(model=load.model, version=load.version)) for load in loads]
        return [
            Served(
                model=slot.key.model, version=slot.key.version,
                addresses=[replica.address for replica in slot.serving()],
            )
            for slot in slots if slot is not None
        ]  # fmt: skip

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
        self._kept = {key: route for key, route in self._active.items() if route.min_replicas}
        self._launcher.follow(self._active.values(), self._routing.warm())
        for key, slot in self._slots.items():
            slot.route = self._active.get(key, slot.route)
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
                    self._drop(key)
                    self._forget_logs()
            elif slot.is_forgettable:
                self._drop(key)
            else:
                self._fit(slot, route)
        for key, route in self._kept.items():
            self._slot(key, route).keep(route.min_replicas)
        if self._budget.has_room_to_warm():
            self._launcher.keep_warm(self._routing.released())

    async def watch(self) -> None:
        """Look after the replicas for ever."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self.reconcile()
            self._budget.look()

    async def trim_logs(self) -> None:
        """Keep the logs within bounds for ever."""
        while True:
            await asyncio.to_thread(self._launcher.logs.trim)
            await asyncio.sleep(_TRIM_SECONDS)

    async def stop(self) -> None:
        """Stop everything; nothing can be woken any more."""
        self._closing = True
        for slot in self._slots.values():
            slot.close()
        await asyncio.gather(*(slot.wait_until_empty() for slot in self._slots.values()))
        await self._launcher.zygotes.stop()

    async def wait_until_unused(self, *, bundles: Collection[str], environments: Collection[str]) -> None:
        """Return when no process works in one of these; versions that left the table are being stopped already."""
        for slot in list(self._slots.values()):
            gone = slot.key not in self._active
            if gone and (slot.route.bundle in bundles or slot.route.environment in environments):
                await slot.wait_until_empty()
        await self._launcher.zygotes.wait_until_gone(environments)

    def facts(self) -> list[ReplicaFacts]:
        """All replicas."""
        return [replica.facts() for slot in self._slots.values() for replica in slot.replicas()]

    def _fit(self, slot: Slot, route: VersionRoute) -> None:
        """As many replicas as its load asks for, none that is idle beyond its minimum."""
        serving = len(slot.serving())
        wanted = self._scaling.wanted(slot.key, route, serving)
        if wanted > serving:
            slot.keep(wanted)
        elif wanted < serving:
            slot.shrink(wanted)
        if not self._scaling.in_flight(slot.key):
            slot.stop_idle(route.min_replicas)

    def _drop(self, key: VersionKey) -> None:
        del self._slots[key]
        self._scaling.forget(key)

    def _slot(self, key: VersionKey, route: VersionRoute) -> Slot:
        slot = self._slots.get(key)
        if slot is None:
            slot = Slot(
                key, route, self._start_replica, start_seconds=self._start_seconds,
                fork_failed=self._launcher.never_fork,
            )  # fmt: skip
            self._slots[key] = slot
        return slot

    async def _start_replica(self, key: VersionKey, route: VersionRoute) -> Replica:
        expected = self._budget.expected(route)
        self._budget.make_room(expected, sparing=route.environment)
        replica = await self._launcher.start(key, route)
        replica.footprint = expected
        return replica

    def _forget_logs(self) -> None:
        running = {(key.model, key.version) for key, slot in self._slots.items() if not slot.is_empty}
        self._launcher.logs.forget_all_but(self._routing.all_versions() | running)

    def _not_served(self, key: VersionKey) -> HostFailure:
        if self._routing.find(key.model, key.version) is not None:
            return HostFailure("paused", f"{key} is paused", hint=f"`unshelf resume {key.model}` lets it serve again.")
        return HostFailure("not_found", f"there is no version {key}", hint="`unshelf models` lists what there is.")
