"""The memory of processes, and the budget that workers and zygotes share."""

import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARE_OF_MACHINE = 0.6


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
