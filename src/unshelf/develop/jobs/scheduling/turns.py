"""Turns: which of the jobs that wait start next, within what all together may take."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from unshelf.contracts.tiers import Tier, memory_text
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

    def shortage(self, tier: str) -> str:
        """Say what a job of this tier needs that is not left, for one that may not start: the first such thing."""
        cores, memory, gpus = self._need(tier)
        if cores > self._cores + 1e-9:
            return f"{tier} takes {cores:g} {'core' if cores == 1 else 'cores'}, and {max(0.0, self._cores):g} are free"
        if memory > self._memory:
            return f"{tier} takes {memory_text(memory)} of memory, and {memory_text(max(0, self._memory))} are free"
        if gpus > self._gpus:
            return f"{tier} takes {gpus} {'GPU' if gpus == 1 else 'GPUs'}, and {max(0, self._gpus)} are free"
        return "it may start at any moment"

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
    turns = _Turns(taking)
    left = sorted(waiting, key=lambda each: (-each.priority, each.id))
    chosen: list[str] = []
    while left and len(chosen) < most:
        job = turns.next(left)
        left.remove(job)
        if not room.has(job.tier):
            if moment - job.queued_at > _PATIENCE:
                break
            left = [each for each in left if each.tier != job.tier]
            continue
        room.take(job.tier)
        turns.count(job)
        chosen.append(job.id)
    return chosen


def in_turn(waiting: Sequence[Waiting], taking: Sequence[Taking]) -> list[str]:
    """Return the ids of all that wait, in the order of their turns as it is now, were there room for each."""
    turns, left, found = _Turns(taking), list(waiting), list[str]()
    while left:
        job = turns.next(left)
        left.remove(job)
        turns.count(job)
        found.append(job.id)
    return found


class _Turns:
    """Counts who has how many, and says whose turn is next."""

    def __init__(self, taking: Iterable[Taking]) -> None:
        self._projects, self._people = Counter[str](), Counter[tuple[str, str]]()
        for each in taking:
            self.count(each)

    def count(self, job: Waiting | Taking) -> None:
        """Count a job that has its place."""
        self._projects[job.project] += 1
        self._people[job.project, job.actor] += 1

    def next(self, waiting: Iterable[Waiting]) -> Waiting:
        """The one whose turn it is."""
        return min(
            waiting,
            key=lambda each: (
                self._projects[each.project], self._people[each.project, each.actor], -each.priority, each.id
            ),
        )  # fmt: skip
