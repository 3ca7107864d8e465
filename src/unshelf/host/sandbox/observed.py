"""Walls as they are seen from outside: what the kernel says of a process that runs, whatever it was started with."""

import contextlib
import os
import re
from collections import Counter
from pathlib import Path

from unshelf.contracts.tiers import memory_text
from unshelf.host.sandbox.root import SCRATCH

_BY_FILTER = "2"
_IN_MEMORY = re.compile(r"^\S+ \S+ (?P<device>[0-9]+:[0-9]+) .* - tmpfs \S+ \S*\bsize=", re.MULTILINE)
_OWN = {"mnt": "files", "pid": "processes", "ipc": "shared memory"}
"""Kinds of namespaces, and what a program has for itself in one of its own."""


def observed_walls(pid: int, *, granted: bool = False) -> list[str]:
    """Say which walls stand around a process, as people read them; empty for one without any, or that is gone. `granted`: whether it
    was given ways out of its network.

    Blocks for less than a millisecond."""
    try:
        lines = (line.partition(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        status = {name: value.split() for name, _, value in lines}
        apart = {kind for kind in (*_OWN, "net") if _space(pid, kind) != _space(os.getpid(), kind)}
        mounts = Path(f"/proc/{pid}/mountinfo").read_text()
        temporary = Path(f"/proc/{pid}/root{SCRATCH}")
        device, size = temporary.stat().st_dev, os.statvfs(temporary)
    except OSError:  # it ended
        return []
    found = []
    if int(status["Uid"][0]) != os.getuid():
        found.append(f"user {status['Uid'][0]}")
    rights = any(int(status[name][0], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"))
    if not rights and status["NoNewPrivs"] == ["1"]:
        found.append("no privileges")
    found += [f"{text} of its own" for kind, text in _OWN.items() if kind in apart]
    if status.get("Seccomp") == [_BY_FILTER]:
        found.append("system calls filtered")
    if "net" in apart:
        found.append("no network but what is granted" if granted else "no network")
    if "mnt" in apart and is_bounded(device, mounts):
        found.append(f"{SCRATCH} {memory_text(size.f_blocks * size.f_frsize)}")
    return found


def count_by_place() -> Counter[str]:
    """Count processes and threads of this machine by their namespace of processes. Blocks for as long as it takes to look at each."""
    found: Counter[str] = Counter()
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):  # it ended, or is none of ours
                found[place_of(int(name))] += len(os.listdir(f"/proc/{name}/task"))
    return found


def place_of(pid: int) -> str:
    """Name the namespace of processes that a process is in. Raises OSError for one that is gone."""
    return _space(pid, "pid")


def _space(pid: int, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def is_bounded(device: int, mounts: str) -> bool:
    """Whether this device is a file system in memory that has a size, by a process's table of mounts."""
    name = f"{os.major(device)}:{os.minor(device)}"
    return any(match["device"] == name for match in _IN_MEMORY.finditer(mounts))
