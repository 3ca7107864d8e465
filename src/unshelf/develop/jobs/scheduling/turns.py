"""Turns: which of the jobs that wait start next, within what all together may take."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from unshelf.contracts.tiers import Tier
from unshelf.develop.jobs.launcher import Capacity

_PATIENCE = timedelta(seconds=60)
"""How long smaller jobs may pass by one that waits for more than is free."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A job that could start."""

    id: str
    project: str
    actor: str
    priority: int
    tier: str
    queued_at: datetime


@dataclass(frozen=True, kw_only=True)
class Taking:
    """A job that takes its tier's resources."""

    project: str
    actor: str
    tier: str


class Room:
    """The resources that are left for jobs to start."""

    def __init__(self, capacity: Capacity, taking: Iterable[Taking], tiers: "dict[str, Tier]") -> None:
        self._capacity = capacity
        self._tiers = tiers
        self._cores, self._memory, self._gpus = capacity.cores, capacity.memory_bytes, capacity.gpus
        for each in taking:
            self.take(each.tier)

    def has(self, tier: str) -> bool:
        """Whether a job of this tier may start. One that is larger than all there is may once it is alone."""
        cores, memory, gpus = self._need(tier)
        return cores <= self._cores + 1e-9 and memory <= self._memory and gpus <= self._gpus

    def count(self, tier: str) -> int:
        """How many jobs of this tier may start."""
        cores, memory, gpus = self._need(tier)
        fits = [self._cores / cores + 1e-9, self._memory / memory]
        return max(0, int(min([*fits, self._gpus / gpus] if gpus else fits)))

    def take(self, tier: str) -> None:
        """Take what a job of this tier needs."""
        cores, memory, gpus = self._need(tier)
        self._cores, self._memory, self._gpus = self._cores - cores, self._memory - memory, self._gpus - gpus

    def _need(self, name: str) -> tuple[float, int, int]:
        tier = self._tiers.get(name)
        if tier is None:  # gone from the settings: the launcher says so
            return 0.001, 1, 0
        all_there_is = self._capacity
        return min(tier.cpu, all_there_is.cores), min(tier.memory_bytes, all_there_is.memory_bytes), tier.gpu


def choose(
    waiting: Sequence[Waiting], taking: Sequence[Taking], room: Room, moment: datetime, *, most: int
) -> list[str]:
    """Return the ids of the jobs to start now, in order; takes their room.

    The project of which fewest run is next, in it the person of whom fewest run, of theirs the highest priority, then the oldest. A job
    for which there is no room is passed by, until it has waited so long that the others wait for it."""
    projects = Counter(each.project for each in taking)
    people = Counter((each.project, each.actor) for each in taking)
    left = sorted(waiting, key=lambda each: (-each.priority, each.id))
    chosen: list[str] = []
    while left and len(chosen) < most:
        job = min(
            left, key=lambda each: (projects[each.project], people[each.project, each.actor], -each.priority, each.id)
        )
        left.remove(job)
        if not room.has(job.tier):
            if moment - job.queued_at > _PATIENCE:
                break
            left = [each for each in left if each.tier != job.tier]
            continue
        room.take(job.tier)
        projects[job.project] += 1
        people[job.project, job.actor] += 1
        chosen.append(job.id)
    return chosen
