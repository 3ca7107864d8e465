"""How a version's worker comes to be: its files and limits at hand, forked from a zygote where that is proved safe, else spawned."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.home import Home
from unshelf.contracts.metering.usage import Consumer
from unshelf.contracts.network.reasons import NOT_GRANTED
from unshelf.contracts.protocols.worker import WorkerConfig, ZygoteConfig
from unshelf.contracts.routing import VersionRoute
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.egress.plan import EgressPlan
from unshelf.host.errors import HostFailure
from unshelf.host.launch.logs import WorkerLogs
from unshelf.host.launch.network.networks import network_of
from unshelf.host.launch.network.relays import Relays
from unshelf.host.launch.process import WORKER_MAIN, Worker, WorkerSpec
from unshelf.host.launch.replica import Origin, ReplicaProcess, VersionKey
from unshelf.host.launch.secrets import Secrets
from unshelf.host.launch.tiers import Tiers
from unshelf.host.launch.zygotes import Lineage, NoZygote, Variables, ZygoteKey, ZygotePool, in_order
from unshelf.host.metering.consumers import metered_as
from unshelf.host.sandbox.sandbox import Sandbox
from unshelf.host.sandbox.walls import Network
from unshelf.runtime.machine.own_group import usable_cores

_HAS_GPU = "its tier has GPUs, and a warm process sees none"
_NOT_PROVED = "its check did not prove that it may be forked"
_ZYGOTE_LOG = "zygotes.log"

RemakeEnvironment = Callable[[str, Manifest], Awaitable[None]]
"""Makes the environment of this name and this bundle again. Raises HostFailure where it can't be, or is not there soon."""


class Launcher:
    """Starts replicas, and the zygotes that they are forked from."""

    def __init__(
        self,
        *,
        home: Home,
        environments: EnvironmentStore,
        bundles: BundleStore,
        tiers: Tiers,
        sandbox: Sandbox,
        secrets: Secrets,
        relays: Relays,
        project_of: Callable[[str], str],
        remake: RemakeEnvironment,
        worker_main: Path = WORKER_MAIN,
    ) -> None:
        """`project_of`: the project that a model belongs to. `remake` makes an environment again that can't be used as it lies there."""
        self.logs = WorkerLogs(home.worker_logs)
        self.relays = relays
        self.zygotes = ZygotePool(self._zygote_launch)
        self.gpus = tiers.gpus
        self._home = home
        self._environments = environments
        self._bundles = bundles
        self._tiers = tiers
        self._sandbox = sandbox
        self._secrets = secrets
        self._project_of = project_of
        self._remake = remake
        self._worker_main = worker_main
        self._unforkable: dict[VersionKey, str] = {}
        self._warm: Mapping[str, list[str]] = {}
        self._kinds: dict[str, set[str]] = {}

    async def start(self, key: VersionKey, route: VersionRoute) -> ReplicaProcess:
        """Start a worker of this version. Raises HostFailure and OSError."""
        consumer = Consumer(
            kind="worker", project=self._project_of(key.model), model=key.model, version=key.version, tier=route.tier
        )
        with metered_as(consumer):
            return await self._start(key, route)

    async def _start(self, key: VersionKey, route: VersionRoute) -> ReplicaProcess:
        manifest = await asyncio.to_thread(self._bundles.manifest, route.bundle)
        if manifest is None:
            raise _gone(key, "bundle")
        if not self._environments.is_complete(route.environment):
            await self._remake(route.environment, manifest)
        await self._bundles.lay_out(manifest)
        secrets = await self._secrets.wait_for(key.model, route.secrets)
        variables = route.env | secrets.values
        network, egress = self._network(route)
        resource_limits = await self._tiers.confine(route.tier)
        config = WorkerConfig(
            bundle=str(self._bundles.files(route.bundle)),
            model=key.model,
            version=key.version,
            manifest=manifest,
            signature=route.signature,
            batchable=route.batchable,
            max_batch_rows=route.batching.max_rows,
            max_batch_bytes=route.batching.max_bytes,
            batch_wait_seconds=route.batching.wait,
            busy_poll=resource_limits.tier.cpu >= 1 and usable_cores() > 1,
            limits=resource_limits.for_worker(),
            granted=list(route.allow) if network == "none" else None,
            variables=variables,
            secrets=sorted(secrets.values),
        )
        spec = WorkerSpec(
            mode="serve",
            python=self._environments.python(route.environment),
            config=config,
            log_file=self.logs.file(key.model, key.version),
            run=self._home.run,
            threads=resource_limits.threads,
            gpus=resource_limits.gpus,
            main=self._worker_main,
            modules=tuple(self._warm.get(route.environment, ())),
            sandbox=self._sandbox,
            temporary_bytes=resource_limits.temporary_bytes,
            processes=resource_limits.processes,
            network=network,
            egress=egress,
        )

        async def begin(spec: WorkerSpec, listening: socket.socket) -> Origin:
            return await self._begin(key, route, spec, listening, variables)

        replica = await ReplicaProcess.start(key, spec, resource_limits, begin)
        replica.secrets = secrets.revision
        replica.network = route.network, route.allow
        if egress is not None:
            replica.is_cut_off = self.relays.watcher(self._project_of(key.model))
        replica.on_refused = partial(self.relays.refusals.note, key.model, key.version, reason=NOT_GRANTED)
        return replica

    def never_fork(self, key: VersionKey, reason: str) -> None:
        """A forked worker of this version did not come to serve: it is spawned from now on."""
        self._unforkable[key] = f"a forked worker did not start: {reason}"

    def follow(self, routes: Mapping[VersionKey, VersionRoute], warm: Mapping[str, list[str]]) -> None:
        """Know what the zygotes of these versions have to import (`warm`: environment → modules); zygotes that none of them
        needs end."""
        self._warm, self._kinds = warm, {}
        self.relays.keep({self._project_of(key.model) for key, route in routes.items() if route.allow})
        wanted: set[Lineage] = set()
        for key, route in routes.items():
            if self._may_fork(route):
                self._kinds.setdefault(route.environment, set()).add(route.platform.partition("_")[0])
                wanted.add(self._zygote_key(key, route, self._known_variables(key, route) or ()).lineage)
        self.zygotes.drop_unwanted(wanted)

    def keep_warm(self, routes: Iterable[tuple[VersionKey, VersionRoute]]) -> None:
        """Have zygotes for these versions, started one after the other."""
        wanted: dict[ZygoteKey, None] = {}
        for key, route in routes:
            variables = self._known_variables(key, route) if self._may_fork(route) else None
            if variables is not None:
                wanted[self._zygote_key(key, route, variables)] = None
        self.zygotes.keep(zygote for zygote in wanted if self._environments.is_complete(zygote.environment))

    def _may_fork(self, route: VersionRoute) -> bool:
        """Whether a warm process is of use to this version. What a process has seen of GPUs can't be taken back by forking."""
        return route.fork_safe and not self._sandbox.spawns_because and not self._tiers.has_gpu(route.tier)

    def _known_variables(self, key: VersionKey, route: VersionRoute) -> Variables | None:
        """The variables of a version's workers; None as long as its model's secrets are not here. Quick for those without any,
        of which there may be thousands."""
        if not route.env and not route.secrets:
            return ()
        secrets = self._secrets.known(key.model, route.secrets)
        return None if secrets is None else in_order(route.env | secrets.values)

    def _zygote_key(self, key: VersionKey, route: VersionRoute, variables: Variables) -> ZygoteKey:
        threads = 1
        with contextlib.suppress(HostFailure):  # the tier is gone from the settings, which its next start tells
            threads = self._tiers.find(route.tier).threads
        network, egress = self._network(route)
        return ZygoteKey(
            environment=route.environment,
            project=self._project_of(key.model),
            threads=threads,
            network=network,
            egress=egress,
            variables=variables,
        )

    def _network(self, route: VersionRoute) -> tuple[Network, EgressPlan | None]:
        return network_of(route.network, route.allow, self._sandbox)

    @contextlib.contextmanager
    def _with_way_out(self, key: VersionKey, spec: WorkerSpec) -> Iterator[WorkerSpec]:
        """Give a process that is about to be started its way out, if it has one."""
        if spec.egress is None:
            yield spec
            return
        with self.relays.way_out(self._project_of(key.model), spec.egress, key.model, key.version) as channel:
            yield replace(spec, channel=channel)

    async def _begin(
        self,
        key: VersionKey,
        route: VersionRoute,
        spec: WorkerSpec,
        listening: socket.socket,
        variables: Mapping[str, str],
    ) -> Origin:
        because = self._unforkable.get(key, "") if route.fork_safe else _NOT_PROVED
        if spec.gpus:
            because = _HAS_GPU
        because = because or self._sandbox.spawns_because
        if not because:
            try:
                with self._with_way_out(key, spec) as wanted:
                    zygote = self._zygote_key(key, route, in_order(variables))
                    return await self.zygotes.fork(zygote, wanted, listening), ""
            except NoZygote as error:
                because = str(error)
        with self._with_way_out(key, spec) as wanted:
            return await Worker.start(wanted, listen=listening), because

    def _zygote_launch(self, key: ZygoteKey) -> WorkerSpec:
        modules = self._warm.get(key.environment, [])
        return WorkerSpec(
            mode="zygote",
            python=self._environments.python(key.environment),
            config=ZygoteConfig(
                modules=modules, kinds=sorted(self._kinds.get(key.environment, ())), variables=dict(key.variables)
            ),
            log_file=self._home.worker_logs / _ZYGOTE_LOG,
            run=self._home.run,
            threads=key.threads,
            main=self._worker_main,
            sandbox=self._sandbox,
            network=key.network,
            egress=key.egress,
        )


def _gone(key: VersionKey, what: str) -> HostFailure:
    return HostFailure(
        "unavailable",
        f"the {what} of {key} is gone from the server's disk",
        hint="Deploy the model again: what is missing is made anew.",
        step="start",
    )
