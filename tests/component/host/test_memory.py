"""The memory of real processes."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from unshelf.host.machine import memory
from unshelf.host.machine.memory import PrivateMemory, anonymous_bytes, private_bytes, resident_bytes

_MIB = 1 << 20
_KEEP = """
import sys
kept = []
print(flush=True)
for line in sys.stdin:
    kept.append(bytearray(b"x" * (int(line) << 20)))
    print(flush=True)
"""


class _Keeper:
    """A process that takes as much memory as it is told to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = process.pid

    def take(self, mebibytes: int) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{mebibytes}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()


@pytest.fixture
def keeper() -> Iterator[_Keeper]:
    command = [sys.executable, "-S", "-c", _KEEP]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield _Keeper(process)
        process.kill()


def test_what_a_process_takes_is_seen_in_all_three_ways(keeper: _Keeper) -> None:
    ways = (resident_bytes, private_bytes, anonymous_bytes)
    before = [way(keeper.pid) for way in ways]
    keeper.take(64)
    grown = [way(keeper.pid) - had for way, had in zip(ways, before, strict=True)]
    assert all(64 * _MIB <= more < 80 * _MIB for more in grown)


def test_private_memory_is_measured_again_when_the_process_grew_and_not_before(keeper: _Keeper) -> None:
    private = PrivateMemory(keeper.pid)
    first = private.measure()
    assert first is not None
    assert private.measure() is None
    keeper.take(16)
    second = private.measure()
    assert second is not None
    assert second - first >= 16 * _MIB
    assert private.measure() is None


def test_private_memory_is_measured_again_after_some_time(keeper: _Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    private = PrivateMemory(keeper.pid)
    assert private.measure() is not None
    monkeypatch.setattr(memory, "_MEASURE_SECONDS", 0.0)
    assert private.measure() is not None


def test_a_process_that_is_gone_takes_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    assert PrivateMemory(process.pid).measure() == 0
