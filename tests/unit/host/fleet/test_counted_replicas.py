"""Versions of a model under a quota that are called by their number share what the model counts."""

from dataclasses import dataclass, field

import pytest

from unshelf.contracts.routing import ModelRoute, Share, VersionRoute
from unshelf.contracts.signature import Signature
from unshelf.contracts.tiers import Tier
from unshelf.host.fleet import counted_replicas
from unshelf.host.fleet.counted_replicas import CountedReplicas, counted_for
from unshelf.host.launch.replica import VersionKey

TIERS = {
    "small": Tier(cpu=1, memory_bytes=1 << 30, threads=1),
    "large": Tier(cpu=4, memory_bytes=8 << 30, threads=4),
}


def version(tier: str = "small", *, least: int = 0, most: int = 1, paused: bool = False) -> VersionRoute:
    return VersionRoute(
        bundle="b", environment="e", signature=Signature(inputs=[], outputs=[]), tier=tier, min_replicas=least,
        max_replicas=most, paused=paused,
    )  # fmt: skip


def model(*versions: VersionRoute, live: tuple[int, ...] = (), has_quota: bool = True) -> ModelRoute:
    return ModelRoute(
        versions=dict(enumerate(versions, 1)), release=[Share(version=each, percent=50) for each in live],
        has_quota=has_quota,
    )  # fmt: skip


@dataclass
class Set:
    """A replica set in which some replicas are in use."""

    key: VersionKey
    route: VersionRoute
    running: int = 0
    unused: int = 0

    def stop_unused(self, seconds: float) -> None:
        """Let those go that nobody uses; without a time, all."""
        self.running -= self.unused if seconds else self.running
        self.unused = 0


@dataclass
class Machine:
    """A model and its replica sets."""

    models: dict[str, ModelRoute]
    sets: list[Set] = field(default_factory=list)

    def run(self, number: int, running: int, *, unused: int = 0) -> Set:
        found = Set(self.key(number), self.models["m"].versions[number], running, unused)
        self.sets.append(found)
        return found

    def key(self, number: int) -> VersionKey:
        return VersionKey(model="m", version=number)

    def has_room(self, number: int) -> bool:
        counted = CountedReplicas(self, TIERS, lambda: self.sets)  # type: ignore[arg-type, return-value]
        return counted.has_room(self.key(number), self.models["m"].versions[number])


def test_a_model_without_a_quota_takes_what_it_likes() -> None:
    machine = Machine({"m": model(version(), version(), has_quota=False)})
    machine.run(1, 5)
    assert machine.has_room(2)


def test_without_a_release_one_replica_of_the_largest_is_counted() -> None:
    assert counted_for(model(version(), version("large"), version("large", paused=True)), TIERS)[:2] == (1.0, 4.0)
    machine = Machine({"m": model(version(), version("large"))})
    assert machine.has_room(1) and machine.has_room(2)
    busy = machine.run(1, 1)
    assert not machine.has_room(2)
    busy.unused = 1
    assert machine.has_room(2)
    assert busy.running == 0, "it made room"


def test_what_is_released_is_counted_with_its_most_and_always_may_start() -> None:
    machine = Machine({"m": model(version(most=2), version(), live=(1,))})
    machine.run(1, 1)
    assert machine.has_room(2)
    called = machine.run(2, 1)
    assert not machine.has_room(2), "that would be a third one"
    assert machine.has_room(1)
    called.unused = 1
    assert machine.has_room(1) and called.running == 0


def test_those_that_always_run_are_counted_beside() -> None:
    machine = Machine({"m": model(version(least=1, most=2), version())})
    assert counted_for(machine.models["m"], TIERS)[0] == 2.0
    machine.run(2, 1)
    assert machine.has_room(1)
    machine.run(1, 1)
    assert not machine.has_room(1), "it is called more, and the other one is in use"


def test_a_version_never_makes_its_own_replicas_go() -> None:
    machine = Machine({"m": model(version(most=4))})
    own = machine.run(1, 1, unused=1)
    assert not machine.has_room(1)
    assert own.running == 1


def test_what_is_beside_goes_once_it_is_unused_or_has_lasted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(counted_replicas.time, "monotonic", lambda: clock[0])
    machine = Machine({"m": model(version(), version(), version(), live=(1,))})
    counted = CountedReplicas(machine, TIERS, lambda: machine.sets)  # type: ignore[arg-type, return-value]
    live, unused, busy = machine.run(1, 1), machine.run(2, 1, unused=1), machine.run(3, 1)
    counted.look()
    assert (live.running, unused.running, busy.running) == (1, 0, 1)
    clock[0] += 40
    counted.look()
    assert (live.running, busy.running) == (1, 0)
    counted.look()
    assert live.running == 1
