"""The machine on which a bench runs, and how much other work runs beside it."""

import os
from pathlib import Path
from typing import Any, NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)
"""Positions in the first line of /proc/stat: idle, and waiting for the disk."""


class MachineTimes(NamedTuple):
    """CPU time of the whole machine."""

    busy: float
    """Seconds of all cores in which they worked, for whomever."""
    all: float
    """Seconds of all cores; 0 where the system does not tell."""


def machine_facts() -> "dict[str, Any]":
    """Return processor, usable cores, bytes of memory and kernel."""
    return {
        "processor": _field("/proc/cpuinfo", "model name")[:200],
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": os.uname().release[:200],
    }


def machine_times() -> MachineTimes:
    """Read the CPU time of the machine so far."""
    try:
        with Path("/proc/stat").open() as file:
            ticks = [int(each) for each in file.readline().split()[1:9]]
    except (OSError, ValueError):
        return MachineTimes(0.0, 0.0)
    total = sum(ticks)
    return MachineTimes((total - sum(ticks[place] for place in _IDLE if place < len(ticks))) / _TICKS, total / _TICKS)


def others_cores(before: MachineTimes, after: MachineTimes, *, own: float, seconds: float) -> "float | None":
    """Return how many cores' worth of time others took meanwhile; None: the system does not tell.

    `own`: CPU seconds of the bench itself."""
    if after.all <= before.all or seconds <= 0:
        return None
    return max(0.0, (after.busy - before.busy - own) / seconds)


def _field(path: str, name: str) -> str:
    try:
        for line in Path(path).read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    except OSError:
        return ""
    return ""
