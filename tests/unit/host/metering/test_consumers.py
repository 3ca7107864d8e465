"""Consumers of processes and of what is held."""

import time

import pytest

from unshelf.contracts.metering.usage import Consumer
from unshelf.host.metering.consumers import HOST, Consumers, current, metered_as

IRIS = Consumer(kind="worker", model="iris", version=1)


def test_what_starts_in_a_block_is_the_consumers_and_is_given_out_once() -> None:
    noted = Consumers()
    noted.started(1)
    with metered_as(IRIS):
        assert current() == IRIS
        noted.started(2, parent=1)
        noted.started(3, own=HOST, below=IRIS)
    found = {each.pid: (each.own, each.below) for each in noted.take_started()}
    assert found == {1: (HOST, HOST), 2: (IRIS, IRIS), 3: (HOST, IRIS)}
    assert not noted.take_started()
    noted.finished(3, 1.5)
    assert (noted.take_finals(), noted.take_finals()) == ({3: 1.5}, {})


def test_what_is_held_counts_to_the_moment_of_its_end() -> None:
    noted = Consumers()
    with metered_as(IRIS):
        hold = noted.hold(gpus=2)
    began = time.monotonic()
    ((consumer, seconds, gpus),) = noted.take_held(began + 5)
    assert (consumer, seconds, gpus) == (IRIS, pytest.approx(5, abs=0.5), 2)
    hold.since = began
    noted.end(hold)
    noted.end(hold)
    assert sum(seconds for _, seconds, _ in noted.take_held(began + 60)) < 5
    assert not noted.take_held(began + 90)
