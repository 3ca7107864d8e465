"""Measures a program with all that it started: by its control group where there is one, else by its processes."""

import os
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARENT, _CPU, _RESIDENT = 1, slice(11, 15), 21
"""Positions in /proc/PID/stat after the program's name."""


class Measured(NamedTuple):
    """CPU time so far and memory now."""

    cpu_seconds: float
    memory_bytes: int


class Meter:
    """Measures the descendants of this process, and the control groups that they are in."""

    def __init__(self, groups: "list[str]") -> None:
        """`groups`: the folders of the control groups; empty where none can be made."""
        self._groups = groups

    def usage(self) -> Measured:
        """Return what is taken now. A program that has just ended takes nothing."""
        cpu, memory = self._group_cpu(), self._group_value("memory.current", "memory.usage_in_bytes")
        if cpu is None or memory is None:
            tree = _of_descendants(os.getpid())
            cpu = tree.cpu_seconds if cpu is None else cpu
            memory = tree.memory_bytes if memory is None else memory
        return Measured(cpu, memory)

    def total(self, counted: "object") -> Measured:
        """Return what was taken in all, and the most memory at once; `counted`: the rusage by which the kernel accounted for the
        program's place."""
        cpu = float(getattr(counted, "ru_utime", 0.0)) + float(getattr(counted, "ru_stime", 0.0))
        most = int(getattr(counted, "ru_maxrss", 0)) * 1024
        peak = self._group_value("memory.peak", "memory.max_usage_in_bytes")
        return Measured(max(cpu, self._group_cpu() or 0.0), most if peak is None else peak)

    def ran_out_of_memory(self) -> bool:
        """Whether the system ended a process of the group because of its memory."""
        for folder in self._groups:
            for name in ("memory.events", "memory.oom_control"):
                for line in _text(f"{folder}/{name}").splitlines():
                    if line.startswith("oom_kill ") and int(line.split()[1]):
                        return True
        return False

    def _group_cpu(self) -> "float | None":
        for folder in self._groups:
            for line in _text(f"{folder}/cpu.stat").splitlines():
                if line.startswith("usage_usec "):
                    return int(line.split()[1]) / 1e6
            if text := _text(f"{folder}/cpuacct.usage"):
                return int(text) / 1e9
        return None

    def _group_value(self, *names: str) -> "int | None":
        for folder in self._groups:
            for name in names:
                if text := _text(f"{folder}/{name}").strip():
                    return int(text)
        return None


def _of_descendants(root: int) -> Measured:
    """Sum up the processes below this one."""
    found: dict[int, tuple[int, float, int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            facts = _text(f"/proc/{name}/stat").rpartition(")")[2].split()
            if facts:
                cpu = sum(int(ticks) for ticks in facts[_CPU]) / _TICKS
                found[int(name)] = (int(facts[_PARENT]), cpu, int(facts[_RESIDENT]) * _PAGE)
    inside = {root}
    while more := {pid for pid, (parent, _, _) in found.items() if parent in inside and pid not in inside}:
        inside |= more
    below = [found[pid] for pid in inside - {root}]
    return Measured(sum(cpu for _, cpu, _ in below), sum(memory for _, _, memory in below))


def _text(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:  # gone, or of another kind of machine
        return ""
