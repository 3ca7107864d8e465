"""The memory of this very process, and the budget."""

import mmap
import os

import pytest

from unshelf.host.machine import memory
from unshelf.host.machine.memory import PrivateMemory, anonymous_bytes, budget_bytes, private_bytes, resident_bytes

MIB = 1 << 20
NOBODY = 1 << 22
"""The greatest number that a process may have on Linux is one less."""


@pytest.mark.parametrize("measure", [resident_bytes, private_bytes, anonymous_bytes])
def test_what_this_process_takes_is_seen_and_a_process_that_is_gone_takes_nothing(measure: object) -> None:
    assert callable(measure)
    before = measure(os.getpid())
    # A mapping of its own: what this process gave up before, and would be given again, does not count.
    with mmap.mmap(-1, 64 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as kept:
        for _ in range(64):
            kept.write(b"x" * MIB)
        assert measure(os.getpid()) - before > 32 * MIB
    assert measure(NOBODY) == 0


def test_memory_that_is_private_is_part_of_what_is_resident() -> None:
    assert 0 < private_bytes(os.getpid()) <= resident_bytes(os.getpid())


def test_memory_is_measured_again_when_it_changed_or_after_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = 10 * MIB
    monkeypatch.setattr(memory, "resident_bytes", lambda _pid: resident)
    monkeypatch.setattr(memory, "private_bytes", lambda _pid: resident // 2)
    private = PrivateMemory(1)
    assert private.measure() == 5 * MIB
    resident += MIB - 1
    assert private.measure() is None
    resident += 1
    assert private.measure() == resident // 2
    resident -= MIB
    assert private.measure() == resident // 2
    assert private.measure() is None
    monkeypatch.setattr(memory, "_MEASURE_SECONDS", 0.0)
    assert private.measure() == resident // 2


@pytest.mark.parametrize(("wanted", "machine", "budget"), [(5, 100, 5), (0, 100, 60), (0, 0, 0), (500, 100, 500)])
def test_the_budget_is_what_is_wanted_or_a_share_of_the_machine(wanted: int, machine: int, budget: int) -> None:
    assert budget_bytes(wanted, machine) == budget
