"""The fleet: all replicas of this machine, kept in step with the routing table."""

import asyncio
import logging
from collections.abc import Collection, Mapping

from unshelf.contracts.protocols.host import Load, Replica, VersionAddresses
from unshelf.contracts.routing import VersionRoute
from unshelf.contracts.tiers import Tier
from unshelf.host.errors import HostFailure
from unshelf.host.fleet.budget import Budget
from unshelf.host.fleet.counted_replicas import CountedReplicas
from unshelf.host.fleet.process_limits import ProcessLimitWatch
from unshelf.host.fleet.replica_set import ReplicaSet, Woken
from unshelf.host.fleet.routing import Routing
from unshelf.host.fleet.scaling import ReplicaScaling
from unshelf.host.launch.launcher import Launcher
from unshelf.host.launch.replica import ReplicaProcess, VersionKey

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_TRIM_SECONDS = 2.0
_STOP_SECONDS = 4.0
"""How long replicas may finish what they do when the host stops: nobody waits for it, and the host itself is killed after 8 seconds."""


class Fleet:
    """Wakes versions on demand, keeps those with a minimum alive, stops those that are idle, paused or gone."""

    def __init__(
        self,
        routing: Routing,
        launcher: Launcher,
        *,
        tiers: Mapping[str, Tier],
        start_seconds: float,
        memory_budget: int,
    ) -> None:
        self._routing = routing
        self._launcher = launcher
        self._start_seconds = start_seconds
        self._replica_sets: dict[VersionKey, ReplicaSet] = {}
        self._active = routing.active
        self._kept: dict[VersionKey, VersionRoute] = {}
        """The versions of which some replicas always run."""
        self._scaling = ReplicaScaling()
        self._budget = Budget(memory_budget, self._replica_sets.values, launcher.zygotes)
        launcher.gpus.make_room = self._budget.free_gpus
        self._counted = CountedReplicas(routing, tiers, self._replica_sets.values)
        self._process_limits = ProcessLimitWatch(self._replica_sets.values, launcher.logs)
        self._closing = False

    async def wake(
        self, model: str, version: int, not_address: str | None = None, *, for_release: bool = False
    ) -> Woken:
        """The addresses at which a version is served, started if need be; `for_release`: beside what its model counts to quotas.

        Raises HostFailure."""
        key = VersionKey(model=model, version=version)
        if key not in self._active:
            await self._routing.catch_up()  # the sender may know more than we do
        route = self._active.get(key)
        if route is None:
            raise self._not_served(key)
        if self._closing:
            raise HostFailure("unavailable", "the host is stopping", retry_after=1.0)
        replica_set = self._replica_set(key, route)
        if not (for_release or replica_set.running or self._counted.has_room(key, route)):
            raise HostFailure(
                "unavailable", f"{key} has to wait: replicas of {model} take all that its quota counts for it",
                hint="Ask again in a moment, release the version, or ask for a larger quota: `unshelf requests quota`.",
                retry_after=1.0,
            )  # fmt: skip
        return await replica_set.wake(not_address)

    async def out_of_memory(self, model: str, version: int, address: str) -> str:
        """The memory limit that ended this worker, for people; empty when it was not that."""
        replica_set = self._replica_sets.get(VersionKey(model=model, version=version))
        return await replica_set.out_of_memory(address) if replica_set else ""

    def kill_stuck(self, model: str, version: int, address: str, silent_seconds: float) -> None:
        """Kill a worker of which nothing was heard for so long, if that is true of all who were served by it."""
        replica_set = self._replica_sets.get(VersionKey(model=model, version=version))
        if replica_set is not None:
            replica_set.kill_stuck(address, silent_seconds)

    def update_loads(self, gateway: str, loads: list[Load]) -> list[VersionAddresses]:
        """Note what a gateway has in flight; return where these versions are served now."""
        self._scaling.report(gateway, loads)
        replica_sets = [self._replica_sets.get(VersionKey(model=load.model, version=load.version)) for load in loads]
        return [
            VersionAddresses(
                model=replica_set.key.model, version=replica_set.key.version,
                addresses=[replica.address for replica in replica_set.serving()],
            )
            for replica_set in replica_sets if replica_set is not None
        ]  # fmt: skip

    def follow_routing(self) -> None:
        """Act on changed routing state: what it no longer has goes, what it wants kept is started."""
        self._kept = {key: route for key, route in self._active.items() if route.min_replicas}
        self._launcher.follow(self._active, self._routing.warm)
        for key, replica_set in self._replica_sets.items():
            replica_set.route = self._active.get(key, replica_set.route)
        self._forget_logs()
        self.reconcile()

    def reconcile(self) -> None:
        """One look at every replica."""
        if self._closing:
            return
        for key, replica_set in list(self._replica_sets.items()):
            route = self._active.get(key)
            if route is None:
                replica_set.close()
                if replica_set.is_empty:
                    self._drop(key)
                    self._forget_logs()
            elif replica_set.is_forgettable:
                self._drop(key)
            else:
                self._fit(replica_set, route)
        for key, route in self._kept.items():
            self._replica_set(key, route).keep(route.min_replicas)
        if self._budget.has_room_to_warm():
            self._launcher.keep_warm(self._routing.released())

    async def watch(self) -> None:
        """Look after the replicas for ever."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self.reconcile()
            self._counted.look()
            self._budget.look()

    async def watch_process_limits(self) -> None:
        """Replace workers that sit at their limit of processes, for ever."""
        await self._process_limits.watch()

    async def trim_logs(self) -> None:
        """Keep the logs within bounds for ever."""
        while True:
            await asyncio.to_thread(self._launcher.logs.trim)
            await asyncio.sleep(_TRIM_SECONDS)

    async def stop(self) -> None:
        """Stop everything; nothing can be woken any more."""
        self._closing = True
        for replica_set in self._replica_sets.values():
            replica_set.close()
        await self._wait_until_empty(_STOP_SECONDS)
        for replica_set in self._replica_sets.values():
            replica_set.kill()
        await self._wait_until_empty(None)
        await self._launcher.zygotes.stop()

    async def _wait_until_empty(self, seconds: float | None) -> None:
        ending = [asyncio.create_task(each.wait_until_empty()) for each in self._replica_sets.values()]
        if ending:
            await asyncio.wait(ending, timeout=seconds)

    async def wait_until_unused(self, *, bundles: Collection[str], environments: Collection[str]) -> None:
        """Return when no process works in one of these; versions that left the table are being stopped already."""
        for replica_set in list(self._replica_sets.values()):
            gone = replica_set.key not in self._active
            if gone and (replica_set.route.bundle in bundles or replica_set.route.environment in environments):
                await replica_set.wait_until_empty()
        await self._launcher.zygotes.wait_until_gone(environments)

    def facts(self) -> list[Replica]:
        """All replicas."""
        return [replica.facts() for replica_set in self._replica_sets.values() for replica in replica_set.replicas()]

    def _fit(self, replica_set: ReplicaSet, route: VersionRoute) -> None:
        """As many replicas as its load asks for, none that is idle beyond its minimum."""
        replica_set.renew()
        serving = len(replica_set.serving())
        wanted = self._scaling.wanted(replica_set.key, route, serving)
        if wanted > serving:
            if self._counted.has_room(replica_set.key, route):
                replica_set.keep(wanted)
        elif wanted < serving:
            replica_set.shrink(wanted)
        if not self._scaling.in_flight(replica_set.key):
            replica_set.stop_idle(route.min_replicas)

    def _drop(self, key: VersionKey) -> None:
        del self._replica_sets[key]
        self._scaling.forget(key)

    def _replica_set(self, key: VersionKey, route: VersionRoute) -> ReplicaSet:
        replica_set = self._replica_sets.get(key)
        if replica_set is None:
            replica_set = ReplicaSet(
                key, route, self._start_replica, start_seconds=self._start_seconds,
                fork_failed=self._launcher.never_fork,
            )  # fmt: skip
            self._replica_sets[key] = replica_set
        return replica_set

    async def _start_replica(self, key: VersionKey, route: VersionRoute) -> ReplicaProcess:
        expected = self._budget.expected(route)
        self._budget.make_room(expected, sparing=route.environment)
        replica = await self._launcher.start(key, route)
        replica.footprint = expected
        return replica

    def _forget_logs(self) -> None:
        running = {
            (key.model, key.version) for key, replica_set in self._replica_sets.items() if not replica_set.is_empty
        }
        self._launcher.logs.forget_all_but(self._routing.all_versions() | running)

    def _not_served(self, key: VersionKey) -> HostFailure:
        found = self._routing.find(key.model, key.version)
        if found is not None and found[1].elsewhere:
            return HostFailure("runs_elsewhere", f"{key} runs elsewhere", hint="Nothing of it can be started here.")
        if found is not None:
            return HostFailure("paused", f"{key} is paused", hint=f"`unshelf resume {key.model}` lets it serve again.")
        return HostFailure("not_found", f"there is no version {key}", hint="`unshelf models` lists what there is.")
