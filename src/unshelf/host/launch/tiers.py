"""Tiers on this machine: which there are, and the limits that a worker of one is started under."""

from collections.abc import Mapping
from pathlib import Path

from unshelf.contracts.protocols.worker import WorkerLimits
from unshelf.contracts.tiers import Tier, memory_text
from unshelf.host.errors import HostFailure
from unshelf.host.machine.gpus import Gpus
from unshelf.host.metering.consumers import consumers
from unshelf.host.sandbox.cgroups import CgroupManager, GroupLimits, WorkerCgroup
from unshelf.host.sandbox.walls import LEAST_TEMPORARY_BYTES

_PROCESSES = 512
_PROCESSES_A_THREAD = 64
_TEMPORARY_SHARE = 2
"""The part of its memory that a worker's temporary folder may take; what lies there counts towards its memory."""


class ResourceLimits:
    """The limits of one worker: asked of it in its specification, released when it is gone."""

    def __init__(self, name: str, tier: Tier, group: WorkerCgroup, gpus: Gpus, lent: tuple[str, ...]) -> None:
        self._hold = consumers.hold(len(lent))
        self.name = name
        self.tier = tier
        self.gpus = lent
        """The GPUs that are its own."""
        self._group = group
        self._gpus = gpus
        self._released = False
        self._out_of_memory = False

    @property
    def threads(self) -> int:
        """Threads for one computation."""
        return self.tier.threads

    @property
    def processes(self) -> int:
        """Processes and threads that it may have: libraries start several pools of threads, each as large as its tier says."""
        return processes_of(self.tier)

    def processes_now(self) -> int | None:
        """How many processes and threads it has; None where no control group counts them."""
        return self._group.processes()

    @property
    def temporary_bytes(self) -> int:
        """The size of its temporary folder."""
        return max(LEAST_TEMPORARY_BYTES, self.tier.memory_bytes // _TEMPORARY_SHARE)

    def for_worker(self) -> WorkerLimits:
        """The limits as the worker is to apply them."""
        size = self.tier.memory_bytes
        return WorkerLimits(groups=self._group.memberships, memory_bytes=size, memory_text=memory_text(size))

    def note_out_of_memory(self) -> None:
        """Note that the worker itself reported it."""
        self._out_of_memory = True

    def release(self) -> None:
        """The worker is gone with all that it started: see whether its memory was the reason, and remove its groups."""
        self._out_of_memory = self._out_of_memory or self._group.ran_out_of_memory()
        self._group.remove()
        if not self._released:
            self._released = True
            consumers.end(self._hold)
            self._gpus.give_back(self.gpus)

    def out_of_memory(self) -> str:
        """The memory limit that it ran into, for people; empty when it did not."""
        return f"{memory_text(self.tier.memory_bytes)}, tier {self.name}" if self._out_of_memory else ""


class Tiers:
    """The tiers of the settings, and the groups that hold them to it."""

    def __init__(self, tiers: Mapping[str, Tier], home: Path, gpus: Gpus) -> None:
        self.gpus = gpus
        self._tiers = tiers
        self.groups = CgroupManager(home)

    def find(self, name: str) -> Tier:
        """The tier of this name. Raises HostFailure: unknown_tier, which names those there are; too_few_gpus, when this machine
        could never give what the tier asks for."""
        tier = self._tiers.get(name)
        if tier is None:
            known = ", ".join(
                f"{name} ({tier.cpu:g} cpu, {memory_text(tier.memory_bytes)})" for name, tier in self._tiers.items()
            )
            raise HostFailure(
                "unknown_tier", f"there is no tier {name!r}; there are {known}",
                hint="Name one of these in `[resources] tier`, or have the operator define it in UNSHELF_TIERS.",
            )  # fmt: skip
        if tier.gpu > self.gpus.count:
            raise HostFailure(
                "too_few_gpus", f"the tier {name!r} asks for {tier.gpu} GPUs, and this machine has {self.gpus.count} to give",
                hint="Name another tier in `[resources] tier`; `unshelf doctor` shows what there is, UNSHELF_GPUS says what is given.",
            )  # fmt: skip
        return tier

    def has_gpu(self, name: str) -> bool:
        """Whether workers of this tier are given GPUs."""
        tier = self._tiers.get(name)
        return tier is not None and tier.gpu > 0

    async def confine(self, name: str, *, low_cpu_weight: bool = False) -> ResourceLimits:
        """Limits for one more worker of this tier, and its GPUs, as soon as they are free. Raises HostFailure.

        `low_cpu_weight`: it gives way to others where cores are short."""
        tier = self.find(name)
        lent = await self.gpus.take(tier.gpu)
        limits = GroupLimits(
            memory_bytes=tier.memory_bytes, cpu=tier.cpu, processes=processes_of(tier), low_cpu_weight=low_cpu_weight
        )
        return ResourceLimits(name, tier, self.groups.make(limits), self.gpus, lent)

    def sweep(self) -> None:
        """Remove what a killed host left, as far as no worker lives in it."""
        self.groups.sweep()

    def close(self) -> None:
        """Remove what is left; every worker is gone."""
        self.groups.close()


def processes_of(tier: Tier) -> int:
    """Processes and threads that a worker of this tier may have."""
    return max(_PROCESSES, _PROCESSES_A_THREAD * tier.threads)
