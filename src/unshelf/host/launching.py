"""How a version's worker comes to be: its files and limits at hand, forked from a zygote where that is proved safe, else spawned."""

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.routing import VersionRoute
from unshelf.host.bundles import Bundles
from unshelf.host.environments import Environments
from unshelf.host.failures import HostFailure
from unshelf.host.layout import Layout
from unshelf.host.machine import usable_cores
from unshelf.host.replicas import Origin, Replica, VersionKey
from unshelf.host.tiers import Tiers
from unshelf.host.worker_logs import WorkerLogs
from unshelf.host.workers import WORKER_MAIN, Launch, Worker
from unshelf.host.zygotes import NoZygote, Warmth, Zygotes

_HAS_GPU = "its tier has GPUs, and a warm process sees none"
_NOT_PROVED = "its check did not prove that it may be forked"
_ZYGOTE_LOG = "zygotes.log"


class Launcher:
    """Starts replicas, and the zygotes that they are forked from."""

    def __init__(
        self,
        *,
        layout: Layout,
        environments: Environments,
        bundles: Bundles,
        tiers: Tiers,
        worker_main: Path = WORKER_MAIN,
    ) -> None:
        self.logs = WorkerLogs(layout.worker_logs)
        self.zygotes = Zygotes(self._zygote_launch)
        self.gpus = tiers.gpus
        self._layout = layout
        self._environments = environments
        self._bundles = bundles
        self._tiers = tiers
        self._worker_main = worker_main
        self._unforkable: dict[VersionKey, str] = {}
        self._warm: Mapping[str, list[str]] = {}
        self._kinds: dict[str, set[str]] = {}

    async def start(self, key: VersionKey, route: VersionRoute) -> Replica:
        """Start a worker of this version. Raises HostFailure and OSError."""
        if not self._environments.is_complete(route.environment):
            raise _gone(key, "environment")
        manifest = await asyncio.to_thread(self._bundles.manifest, route.bundle)
        if manifest is None:
            raise _gone(key, "bundle")
        await self._bundles.lay_out(manifest)
        confinement = await self._tiers.confine(route.tier)
        spec: dict[str, Any] = {
            "bundle": str(self._bundles.files(route.bundle)),
            "model": key.model,
            "version": key.version,
            "manifest": msgspec.to_builtins(manifest),
            "signature": msgspec.to_builtins(route.signature),
            "batchable": route.batchable,
            "max_batch_rows": route.batching.max_rows,
            "max_batch_bytes": route.batching.max_bytes,
            "batch_wait_seconds": route.batching.wait,
            "may_look": confinement.tier.cpu >= 1 and usable_cores() > 1,
            "limits": confinement.specification(),
        }
        launch = Launch(
            mode="serve",
            python=self._environments.python(route.environment),
            spec=spec,
            log_file=self.logs.file(key.model, key.version),
            run=self._layout.run,
            threads=confinement.threads,
            gpus=confinement.gpus,
            main=self._worker_main,
            modules=tuple(self._warm.get(route.environment, ())),
        )

        async def begin(launch: Launch, listening: socket.socket) -> Origin:
            return await self._begin(key, route, launch, listening)

        return await Replica.start(key, launch, confinement, begin)

    def never_fork(self, key: VersionKey, reason: str) -> None:
        """A forked worker of this version did not come to serve: it is spawned from now on."""
        self._unforkable[key] = f"a forked worker did not start: {reason}"

    def follow(self, routes: Iterable[VersionRoute], warm: Mapping[str, list[str]]) -> None:
        """Know what the zygotes of these versions have to import (`warm`: environment → modules); zygotes that none of them
        needs end."""
        self._warm, self._kinds = warm, {}
        for route in routes:
            if self._may_fork(route):
                self._kinds.setdefault(route.environment, set()).add(route.platform.partition("_")[0])
        self.zygotes.drop_unwanted(self._kinds)

    def keep_warm(self, routes: Iterable[VersionRoute]) -> None:
        """Have zygotes for these versions, started one after the other."""
        wanted = dict.fromkeys(self._warmth(route) for route in routes if self._may_fork(route))
        self.zygotes.keep(warmth for warmth in wanted if self._environments.is_complete(warmth.environment))

    def _may_fork(self, route: VersionRoute) -> bool:
        """Whether a warm process is of use to this version. What a process has seen of GPUs can't be taken back by forking."""
        return route.fork_safe and not self._tiers.has_gpu(route.tier)

    def _warmth(self, route: VersionRoute) -> Warmth:
        with contextlib.suppress(HostFailure):  # the tier is gone from the settings, which its next start tells
            return Warmth(environment=route.environment, threads=self._tiers.find(route.tier).threads)
        return Warmth(environment=route.environment, threads=1)

    async def _begin(self, key: VersionKey, route: VersionRoute, launch: Launch, listening: socket.socket) -> Origin:
        because = self._unforkable.get(key, "") if route.fork_safe else _NOT_PROVED
        if launch.gpus:
            because = _HAS_GPU
        if not because:
            try:
                zygote = await self.zygotes.warm(self._warmth(route))
                return await zygote.fork(launch, listening), ""
            except NoZygote as error:
                because = str(error)
        return await Worker.start(launch, listen=listening), because

    def _zygote_launch(self, warmth: Warmth) -> Launch:
        modules = self._warm.get(warmth.environment, [])
        return Launch(
            mode="zygote",
            python=self._environments.python(warmth.environment),
            spec={"modules": modules, "kinds": sorted(self._kinds.get(warmth.environment, ()))},
            log_file=self._layout.worker_logs / _ZYGOTE_LOG,
            run=self._layout.run,
            threads=warmth.threads,
            main=self._worker_main,
        )


def _gone(key: VersionKey, what: str) -> HostFailure:
    return HostFailure(
        "unavailable",
        f"the {what} of {key} is gone from the server's disk",
        hint="Deploy the model again: what is missing is made anew.",
        step="start",
    )
