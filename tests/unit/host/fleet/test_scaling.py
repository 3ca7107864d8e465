"""How many replicas a version should have, with a clock of the test's own."""

from typing import Any

import pytest

from unshelf.contracts.protocols.host import Load
from unshelf.contracts.routing import VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.host.fleet.scaling import ReplicaScaling
from unshelf.host.launch.replica import VersionKey

KEY = VersionKey(model="m", version=1)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scaling(clock: Clock) -> ReplicaScaling:
    return ReplicaScaling(clock)


def route(**fields: Any) -> VersionRoute:
    signature = Signature(inputs=Columns(columns=[Column(name="x", type="float64")]))
    return VersionRoute(bundle="b", environment="e", signature=signature, **{"max_replicas": 3, **fields})


def report(scaling: ReplicaScaling, in_flight: int, gateway: str = "g") -> None:
    scaling.report(gateway, [Load(model="m", version=1, in_flight=in_flight)])


def test_one_more_when_the_load_lasts_and_never_more_than_the_most(scaling: ReplicaScaling, clock: Clock) -> None:
    counts = [1]
    for _ in range(12):
        report(scaling, 100)
        counts.append(scaling.wanted(KEY, route(), counts[-1]))
        clock.now += 0.25
    assert sorted(set(counts)) == [1, 2, 3]
    assert counts == sorted(counts)


def test_a_short_burst_starts_nobody(scaling: ReplicaScaling, clock: Clock) -> None:
    for in_flight in (100, 0, 100, 0, 100):
        report(scaling, in_flight)
        assert scaling.wanted(KEY, route(), 1) == 1
        clock.now += 0.3


def test_one_less_after_a_while_of_little_load_and_never_below_the_minimum(
    scaling: ReplicaScaling, clock: Clock
) -> None:
    wanted = [3]
    for _ in range(200):
        report(scaling, 1)
        wanted.append(scaling.wanted(KEY, route(min_replicas=2), wanted[-1]))
        clock.now += 0.25
    assert sorted(set(wanted)) == [2, 3]
    assert wanted[39] == 3, "not before ten seconds have passed"


def test_gateways_add_up_and_one_that_is_silent_counts_no_more(scaling: ReplicaScaling, clock: Clock) -> None:
    report(scaling, 3, "a")
    report(scaling, 4, "b")
    assert scaling.in_flight(KEY) == 7
    clock.now += 2
    report(scaling, 2, "b")
    clock.now += 1
    assert scaling.in_flight(KEY) == 2


def test_where_requests_are_batched_a_replica_is_good_for_more(scaling: ReplicaScaling, clock: Clock) -> None:
    for _ in range(4):
        report(scaling, 20)
        assert scaling.wanted(KEY, route(batchable=True), 1) == 1
        clock.now += 0.25
