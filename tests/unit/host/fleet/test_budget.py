"""Memory is made by letting idle workers go, the least recently used first, and never those that must run."""

import time
from typing import Any

import pytest

from tests.support.routes import version
from unshelf.host.fleet import budget as module
from unshelf.host.fleet.budget import Budget

MIB = 1 << 20


class Process:
    def __init__(self, pid: int = 1) -> None:
        self.pid = pid


class StandInReplica:
    """A replica that takes some memory, and was last used some seconds ago."""

    def __init__(self, footprint: int = 0, idle: float = 60.0, *, gpus: int = 0, forked: bool = True) -> None:
        self.footprint = footprint
        self.last_used_at = time.time() - idle
        self.worker = Process()
        self.gpus = tuple(map(str, range(gpus)))
        self.state = "serving"
        self.was_forked = forked
        self.measured = 0
        self.takes: int | None = None

    def idle_seconds(self) -> float:
        return time.time() - self.last_used_at

    def measure(self) -> bool:
        self.measured += 1
        if self.takes is None:
            return False
        self.footprint, self.takes = self.takes, None
        return True


class StandInSet:
    """The replicas of one version; those that were let go are noted."""

    def __init__(self, *replicas: StandInReplica, **route: Any) -> None:
        self.key = "iris:1"
        self.route = version(**route)
        self.evicted: list[StandInReplica] = []
        self._replicas = list(replicas)

    def serving(self) -> list[StandInReplica]:
        return [replica for replica in self._replicas if replica.state == "serving"]

    def replicas(self) -> list[StandInReplica]:
        return self._replicas

    def evict(self, replica: StandInReplica) -> None:
        self.evicted.append(replica)
        replica.state = "stopping"


class StandInZygote:
    def __init__(self, environment: str, pid: int, idle: float = 60.0) -> None:
        self.environment = environment
        self.worker = Process(pid)
        self.last_used_at = time.monotonic() - idle
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Zygotes:
    def __init__(self, *zygotes: StandInZygote) -> None:
        self._zygotes = zygotes

    def all(self) -> list[StandInZygote]:
        return [zygote for zygote in self._zygotes if not zygote.closed]


@pytest.fixture(autouse=True)
def zygote_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zygote takes as many MiB as its process id says."""
    monkeypatch.setattr(module, "anonymous_bytes", lambda pid: pid * MIB)


def a_budget(size: int, *sets: StandInSet, zygotes: tuple[StandInZygote, ...] = ()) -> Budget:
    given: Any = sets
    pool: Any = Zygotes(*zygotes)
    return Budget(size, lambda: given, pool)


def test_nobody_goes_while_there_is_room_or_no_budget() -> None:
    replicas = StandInSet(StandInReplica(60 * MIB))
    a_budget(100 * MIB, replicas).make_room(40 * MIB)
    a_budget(0, replicas).make_room(1 << 60)
    assert replicas.evicted == []


def test_the_least_recently_used_go_first_and_no_more_than_needed() -> None:
    old, older, new = StandInReplica(40 * MIB, 20), StandInReplica(40 * MIB, 30), StandInReplica(40 * MIB, 10)
    one, other = StandInSet(old, new), StandInSet(older)
    a_budget(120 * MIB, one, other).make_room(50 * MIB)
    assert (other.evicted, one.evicted) == ([older], [old])


def test_those_in_use_and_those_that_must_run_stay() -> None:
    used, kept = StandInReplica(60 * MIB, 0.0), StandInReplica(60 * MIB, 999)
    one, other = StandInSet(used), StandInSet(kept, min_replicas=1)
    a_budget(10 * MIB, one, other).make_room(MIB)
    assert one.evicted == other.evicted == []


def test_idle_zygotes_go_after_workers_but_not_the_one_that_is_about_to_fork() -> None:
    replicas = StandInSet(StandInReplica(10 * MIB))
    spared, used, idle = StandInZygote("mine", 30), StandInZygote("a", 30, idle=1.0), StandInZygote("b", 30)
    a_budget(100 * MIB, replicas, zygotes=(spared, used, idle)).make_room(30 * MIB, sparing="mine")
    assert len(replicas.evicted) == 1
    assert [zygote.closed for zygote in (spared, used, idle)] == [False, False, True]


def test_what_a_worker_will_take_is_learned_from_those_that_run() -> None:
    replica = StandInReplica()
    replica.takes = 7 * MIB
    replicas = StandInSet(replica, environment="e", fork_safe=True)
    budget = a_budget(0, replicas)
    assert budget.expected(version(environment="e", fork_safe=True)) == 32 * MIB
    budget.look()
    assert budget.expected(version(environment="e", fork_safe=True)) == 7 * MIB
    assert budget.expected(version(environment="e", memory_bytes=5)) == 5
    assert budget.expected(version(environment="e")) == 256 * MIB


def test_a_spawned_worker_says_nothing_about_forked_ones() -> None:
    replica = StandInReplica(forked=False)
    replica.takes = 900 * MIB
    budget = a_budget(0, StandInSet(replica, environment="e"))
    budget.look()
    assert budget.expected(version(environment="e", fork_safe=True)) == 32 * MIB


def test_a_look_measures_a_few_and_keeps_to_the_budget() -> None:
    replicas = [StandInReplica(idle=60 + number) for number in range(6)]
    for replica in replicas:
        replica.takes = 30 * MIB
    served = StandInSet(*replicas)
    budget = a_budget(100 * MIB, served)
    budget.look()
    assert [replica.footprint // MIB for replica in replicas] == [30, 30, 30, 30, 0, 0]
    assert len(served.evicted) >= 1
    assert sum(replica.footprint for replica in served.serving()) <= 100 * MIB


def test_gpus_come_from_idle_workers_that_have_some_and_those_on_their_way_back_count() -> None:
    without, one, other = StandInReplica(idle=99), StandInReplica(idle=50, gpus=1), StandInReplica(idle=40, gpus=1)
    replicas = StandInSet(without, one, other)
    budget = a_budget(0, replicas)
    budget.free_gpus(1)
    assert replicas.evicted == [one]
    budget.free_gpus(1)
    assert replicas.evicted == [one], "it is on its way back"
    budget.free_gpus(2)
    assert replicas.evicted == [one, other]


@pytest.mark.parametrize(
    ("size", "taken", "room"), [(0, 1 << 40, True), (100 * MIB, 69 * MIB, True), (100 * MIB, 71 * MIB, False)]
)
def test_zygotes_are_warmed_in_advance_only_while_there_is_much_room(size: int, taken: int, room: bool) -> None:
    assert a_budget(size, StandInSet(StandInReplica(taken))).has_room_to_warm() is room
