"""Memory of a platform's processes, as the machine has it to give: pages that processes share are counted once (PSS)."""

import contextlib
import threading
import time
from collections import defaultdict
from pathlib import Path

import psutil

from benchmarks.ours import replicas
from tests.support.platform import Platform

ROLES = ("gateway", "control", "host", "worker")


def memory_by_role(platform: Platform) -> dict[str, int]:
    """Role → bytes of all its processes: supervisor, control, gateway, host, worker (the processes they are forked from apart,
    as `zygote`), other."""
    roles = {process.pid: role for role in ROLES for process in platform.processes(role)}
    workers = set(replicas(platform))
    taken: dict[str, int] = defaultdict(int)
    for process in _family(platform):
        role = roles.get(process.pid, "other")
        if process.pid == platform.process.pid:
            role = "supervisor"
        elif process.pid in workers:
            role = "worker"
        elif role == "worker":
            role = "zygote"
        taken[role] += _bytes(process.pid)
    return dict(taken)


class Sampler:
    """Memory by role every so many seconds, while it is entered."""

    def __init__(self, platform: Platform, every: float) -> None:
        self.samples: list[tuple[float, dict[str, int]]] = []
        """Seconds since it was entered, and bytes by role."""
        self._platform = platform
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    @property
    def highest(self) -> int:
        """The most that all processes took together."""
        return max(sum(taken.values()) for _, taken in self.samples)

    def _run(self) -> None:
        begun = time.monotonic()
        while True:
            self.samples.append((time.monotonic() - begun, memory_by_role(self._platform)))
            if self._stop.wait(self._every):
                return


def _family(platform: Platform) -> list[psutil.Process]:
    supervisor = psutil.Process(platform.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def _bytes(pid: int) -> int:
    """Proportional set size; 0 for a process that has just gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
