"""The memory of processes, and the budget that workers and zygotes share."""

import os
import time
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARE_OF_MACHINE = 0.6
_NOTICEABLE_BYTES = 1 << 20
_MEASURE_SECONDS = 10.0


def resident_bytes(pid: int) -> int:
    """Resident memory now, what it shares included; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def private_bytes(pid: int) -> int:
    """Memory that would be free without this process: what a fork shares with its zygote is the zygote's."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
    except OSError:  # gone, or a kernel without it
        return resident_bytes(pid)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith((b"Private_", b"Swap:")))


def anonymous_bytes(pid: int) -> int:
    """Memory that is the process's own, what its forked children share of it included."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_bytes().split()
        return (int(fields[1]) - int(fields[2])) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def budget_bytes(wanted: int, machine: int) -> int:
    """The budget: as wanted, else 60 % of the machine; 0 (none) where the system does not tell its memory."""
    return wanted or int(machine * _SHARE_OF_MACHINE)


class PrivateMemory:
    """The private memory of a process, measured no more often than it is likely to have changed: to add up its mappings takes
    the kernel milliseconds, in which it does nothing else on that processor."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._measured_at = float("-inf")
        self._resident = 0

    def measure(self) -> int | None:
        """See private_bytes; None when it was measured lately, and what is resident is as it was then."""
        now, resident = time.monotonic(), resident_bytes(self._pid)
        # A fork that writes where it shared takes more without growing: that is seen after some time only.
        if now - self._measured_at < _MEASURE_SECONDS and abs(resident - self._resident) < _NOTICEABLE_BYTES:
            return None
        self._measured_at, self._resident = now, resident
        return private_bytes(self._pid)
