"""The processes of the machine and what the kernel has accounted to each, as `/proc` tells it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICK_SECONDS = 1.0 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = "/proc"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ProcessTimes:
    """One process. Times are in ticks of TICK_SECONDS."""

    pid: int
    parent: int
    start: int
    """When it started, since the boot: with the pid, its name."""
    own: int
    """CPU time of its own threads."""
    waited: int
    """CPU time of the children that it waited for, with theirs."""
    memory_bytes: int
    """Resident."""


def read_processes() -> dict[int, ProcessTimes]:
    """Return all processes by pid. One that ends meanwhile is left out."""
    found = {}
    for name in os.listdir(_PROC):  # noqa: PTH208 - a path for each would take longer than to read it
        if name.isdigit():
            process = _read(int(name))
            if process is not None:
                found[process.pid] = process
    return found


def below(processes: dict[int, ProcessTimes], roots: Iterable[int]) -> dict[int, ProcessTimes]:
    """Return those of the roots that there are, with all their descendants; parents come before their children."""
    children: dict[int, list[ProcessTimes]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process)
    found: dict[int, ProcessTimes] = {}
    for root in roots:
        waiting = [processes[root]] if root in processes and root not in found else []
        for process in waiting:
            if process.pid not in found:
                found[process.pid] = process
                waiting.extend(children.get(process.pid, ()))
    return found


def boot_id() -> str:
    """Return what names this boot of the machine: pids and start times mean nothing beyond it."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


def role_of(pid: int) -> str:
    """Return which process of ours this is by the module that it runs: `gateway`, `host`, `control`; empty for others."""
    try:
        words = Path(f"{_PROC}/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    modules = [words[i + 1].decode(errors="replace") for i, word in enumerate(words[:-1]) if word == b"-m"]
    return modules[0].rpartition(".")[2] if modules and modules[0].startswith("unshelf.") else ""


def _read(pid: int) -> ProcessTimes | None:
    try:
        file = os.open(f"{_PROC}/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        text = os.read(file, 1024)
    except OSError:
        return None
    finally:
        os.close(file)
    fields = text[text.rfind(b")") + 2 :].split()  # the name before it may hold anything
    if len(fields) < 22:
        return None
    return ProcessTimes(
        pid=pid, parent=int(fields[1]), start=int(fields[19]), own=int(fields[11]) + int(fields[12]),
        waited=int(fields[13]) + int(fields[14]), memory_bytes=max(0, int(fields[21])) * _PAGE,
    )  # fmt: skip
