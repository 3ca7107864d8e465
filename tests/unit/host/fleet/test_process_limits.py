"""Workers that stay at their limit of processes: replaced, and their owner told."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unshelf.host.fleet.process_limits import LOOKS, ProcessLimitWatch
from unshelf.host.launch.logs import WorkerLogs
from unshelf.host.launch.replica import VersionKey


class Worker:
    pid = 7


class StandInReplica:
    """A worker that may have ten processes, and has so many."""

    most_processes = 10
    worker = Worker()

    def __init__(self) -> None:
        self.processes = 1

    def is_at_process_limit(self, counts: Mapping[str, int]) -> bool:
        assert counts == {"pid:[1]": 5}
        return self.processes >= self.most_processes


class StandInReplicas:
    """Replicas of one version."""

    key = VersionKey(model="iris", version=3)

    def __init__(self, *replicas: StandInReplica) -> None:
        self._replicas = list(replicas)
        self.replaced: list[tuple[StandInReplica, str]] = []

    def serving(self) -> list[StandInReplica]:
        return list(self._replicas)

    def replace_crowded(self, replica: StandInReplica, reason: str) -> None:
        self._replicas.remove(replica)
        self.replaced.append((replica, reason))


def watch_of(replicas: StandInReplicas, folder: Path) -> ProcessLimitWatch:
    sets: Any = lambda: [replicas]  # noqa: E731 - of stand-ins
    return ProcessLimitWatch(sets, WorkerLogs(folder), count=lambda: {"pid:[1]": 5})


def test_one_that_stays_at_its_limit_is_replaced_and_its_log_says_why(tmp_path: Path) -> None:
    crowded, well = StandInReplica(), StandInReplica()
    crowded.processes = 10
    replicas = StandInReplicas(crowded, well)
    watch = watch_of(replicas, tmp_path)
    for _ in range(LOOKS - 1):
        asyncio.run(watch.look())
    assert replicas.replaced == []
    asyncio.run(watch.look())
    ((replaced, reason),) = replicas.replaced
    assert replaced is crowded
    assert reason == "it sat at its limit of 10 processes and threads for 30 s, where it can start no other"
    (line,) = (tmp_path / "iris-3.log").read_text().splitlines()
    assert line.endswith(f"[processes] This worker is replaced: {reason}.")


def test_one_that_is_there_now_and_then_is_not(tmp_path: Path) -> None:
    busy = StandInReplica()
    replicas = StandInReplicas(busy)
    watch = watch_of(replicas, tmp_path)
    for _ in range(3):
        busy.processes = 10
        for _ in range(LOOKS - 1):
            asyncio.run(watch.look())
        busy.processes = 2
        asyncio.run(watch.look())
    assert replicas.replaced == []


def test_a_version_without_workers_costs_no_look_at_the_machine(tmp_path: Path) -> None:
    def count() -> dict[str, int]:
        raise AssertionError("nobody is there to be looked at")

    sets: Any = lambda: [StandInReplicas()]  # noqa: E731 - of stand-ins
    asyncio.run(ProcessLimitWatch(sets, WorkerLogs(tmp_path), count=count).look())
