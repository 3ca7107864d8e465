"""Attempts go to the host as messages; its capacity is what the operator leaves to jobs, else the machine's."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.stand_in_host import MACHINE
from unshelf.contracts.errors import NotFound
from unshelf.contracts.machine import MachineFacts
from unshelf.contracts.protocols.host import Failed
from unshelf.contracts.protocols.jobs import AttemptOutput, JobAttempt
from unshelf.develop.jobs.launcher import Capacity, OutputPart
from unshelf.develop.jobs.local_launcher import LocalLauncher
from unshelf.foundation.host_client import HostRequestFailed


class PaperHost:
    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.failure: Failed | None = None

    def machine(self) -> MachineFacts:
        self.asked.append("machine")
        return MACHINE

    def end_watches(self) -> None:
        self.asked.append("end watches")

    def cancel_attempt(self, job: str, number: int) -> None:
        self.asked.append(("cancel", job, number))

    def start_attempt(self, order: Any) -> None:
        self.asked.append(("start", order))

    def forget_attempts(self, attempts: Any, jobs: Any) -> None:
        self.asked.append(("forget", attempts, jobs))

    def watch_attempts(self) -> Iterator[list[JobAttempt]]:
        yield [JobAttempt(job="j", number=1)]

    def attempt_output(self, job: str, number: int, offset: int, wait: float) -> AttemptOutput:
        del job, number, offset, wait
        if self.failure is not None:
            raise HostRequestFailed(self.failure)
        return AttemptOutput(id=1, data=b"x", is_over=True)


def launcher(host: PaperHost, **left: Any) -> LocalLauncher:
    return LocalLauncher(host, **{"cores": 0.0, "memory_bytes": 0, **left})  # type: ignore[arg-type]


def test_capacity_is_asked_for_once_and_bounded_by_the_settings() -> None:
    host = PaperHost()
    local = launcher(host)
    assert local.capacity() == local.capacity() == Capacity(cores=2.0, memory_bytes=4 << 30, gpus=1)
    assert host.asked == ["machine"]
    assert launcher(host, cores=0.5, memory_bytes=7).capacity() == Capacity(cores=0.5, memory_bytes=7, gpus=1)


def test_each_verb_is_a_message() -> None:
    host = PaperHost()
    local = launcher(host)
    local.start("order")  # type: ignore[arg-type]
    local.cancel("j", 1)
    local.forget([("j", 1)], ["j"])
    assert host.asked == [("start", "order"), ("cancel", "j", 1), ("forget", [("j", 1)], ["j"])]
    assert list(local.watch()) == [[JobAttempt(job="j", number=1)]]


def test_output_of_what_is_not_there_is_not_found() -> None:
    host = PaperHost()
    assert launcher(host).output("j", 1, 0, wait_seconds=0) == OutputPart(data=b"x", is_over=True)
    host.failure = Failed(id=1, code="not_found", detail="It is not here.")
    with pytest.raises(NotFound, match="not here"):
        launcher(host).output("j", 1, 0, wait_seconds=0)
    host.failure = Failed(id=1, code="unavailable", detail="No.")
    with pytest.raises(HostRequestFailed):
        launcher(host).output("j", 1, 0, wait_seconds=0)
