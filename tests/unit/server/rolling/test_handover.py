"""The state that goes from one program to the next."""

import os
import subprocess
import sys
from typing import Any

import pytest

from unshelf.server.children import ChildPlan
from unshelf.server.rolling.handover import (
    GENERATION,
    AdoptedProcess,
    CannotHandOver,
    Handover,
    RunningChild,
    store,
    take,
    take_back,
)

pytestmark = pytest.mark.runs_program


def handover(**descriptors: Any) -> Handover:
    plan = ChildPlan(name="host", command=("x",), stop_seconds=1.0, environment={"SECRET": "s"})
    child = RunningChild(plan=plan, group=1, pid=7, lifeline=descriptors.pop("lifeline"), is_leaving=False)
    return Handover(
        generation=GENERATION, program="1", folder="/", given={"port": 0}, settings={"port": 0}, environment={"A": "b"},
        variables={"C": "d"},
        migrates=False, grpc=None, asker=None, children=[child], **descriptors,
    )  # fmt: skip


def test_the_next_program_finds_the_state_and_all_that_is_open() -> None:
    ends = [*os.pipe(), *os.pipe()]
    try:
        given = handover(lock=ends[0], listening=ends[1], lifeline=ends[2])
        descriptor = store(given)
        assert all(os.get_inheritable(each) for each in (descriptor, *ends[:3])) and not os.get_inheritable(ends[3])
        assert take(descriptor) == given
        assert not any(map(os.get_inheritable, ends))
        with pytest.raises(OSError):
            os.fstat(descriptor)
        take_back(given, store(given))
        assert not any(map(os.get_inheritable, ends))
    finally:
        for end in ends:
            os.close(end)


def test_a_state_of_another_kind_is_refused() -> None:
    descriptor = os.memfd_create("odd")
    os.write(descriptor, b"{}")
    with pytest.raises(CannotHandOver, match="can't be read"):
        take(descriptor)


def test_a_process_of_the_program_before_is_waited_for_and_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    adopted = AdoptedProcess(child.pid)
    with pytest.raises(subprocess.TimeoutExpired):
        adopted.wait(0.01)
    adopted.send_signal(15)
    assert adopted.wait(60) == -15
    adopted.send_signal(15)  # it is gone, which is no error
    child.returncode = -15  # reaped above


def test_a_process_that_is_no_child_counts_as_ended() -> None:
    assert AdoptedProcess(os.getppid()).wait(60) == -1
