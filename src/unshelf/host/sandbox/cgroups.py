"""Control groups: where this machine lets us make some, each worker gets its own, with its tier's memory, cores and processes."""

import contextlib
import hashlib
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.protocols.worker import LimitGroup
from unshelf.contracts.tiers import memory_text
from unshelf.runtime.machine.own_group import LEAF, own_folders

logger = logging.getLogger(__name__)

_PERIOD_MICROSECONDS = 100_000
_LOW_FILES = {1: ("cpu.shares", "10"), 2: ("cpu.weight", "1")}
"""By the version of control groups, the file and the value of the share of cores of all groups together that give way: a hundredth of
what a group has of which nothing was said."""
_CONTROLLERS = ("memory", "cpu", "pids")
_FILES = {
    1: {"memory": "memory.limit_in_bytes", "cpu": "cpu.cfs_quota_us", "pids": "pids.max"},
    2: {"memory": "memory.max", "cpu": "cpu.max", "pids": "pids.max"},
}
"""By the version of control groups, the file of each controller by which one sees that it is there."""


@dataclass(frozen=True, kw_only=True)
class GroupLimits:
    """The limits of one group."""

    memory_bytes: int
    processes: int
    """Processes and threads."""
    cpu: float = 0.0
    """Cores' worth of time; 0: all."""
    low_cpu_weight: bool = False
    """Whether others go first where cores are short."""


class WorkerCgroup:
    """The groups of one worker: one folder in version 2, one a controller in version 1."""

    def __init__(self, memberships: list[LimitGroup], folders: list[Path]) -> None:
        self.memberships = memberships
        self._folders = folders

    def ran_out_of_memory(self) -> bool:
        """Whether the system killed a process of the group because of its memory."""
        return any(
            int(line.split()[1]) > 0
            for folder in self._folders
            for name in ("memory.oom_control", "memory.events")
            for line in _lines(folder / name)
            if line.startswith("oom_kill ")
        )

    def processes(self) -> int | None:
        """Count its processes and threads; None where no group of its counts them."""
        counts = (_lines(folder / "pids.current") for folder in self._folders)
        return next((int(lines[0]) for lines in counts if lines), None)

    def remove(self) -> None:
        """Remove the groups once their processes are gone. Those that stay are swept at the next start."""
        for folder in self._folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
        self._folders = []


NO_GROUP = WorkerCgroup([], [])


class CgroupManager:
    """Makes groups below our own; which kinds of limits can be had is found out by trying, once."""

    def __init__(self, home: Path) -> None:
        self._name = f"unshelf-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
        self._version = 0
        self._parents: dict[str, Path] = {}
        """Our own group by controller; in version 2, the same for all."""
        self._find()

    @property
    def controllers(self) -> list[str]:
        """The kinds of limits that can be had: `memory`, `cpu`, `pids`."""
        return list(self._parents)

    def make(self, limits: GroupLimits) -> WorkerCgroup:
        """A group with these limits; one without memberships where none can be made."""
        name, low = f"w{secrets.token_hex(4)}", limits.low_cpu_weight
        memberships: list[LimitGroup] = []
        folders: list[Path] = []
        for controller, parent in self._parents.items():
            if controller == "cpu" and not limits.cpu:
                continue
            folder = (self._low_parent(parent) if low and self._is_of_cores(controller) else parent) / name
            try:
                folder.mkdir(exist_ok=True)
                if folder not in folders:
                    folders.append(folder)
                what = self._limit(controller, folder, limits)
            except OSError as error:
                logger.warning("a control group can't be made", extra={"group": str(folder), "reason": str(error)})
                continue
            holds = f"{what} (cgroup v{self._version})"
            memberships.append(
                LimitGroup(file=str(folder / self._entrance), holds=holds, memory=controller == "memory")
            )
        return WorkerCgroup(memberships, folders)

    def sweep(self) -> None:
        """Remove the empty groups of a host that was killed."""
        for parent in self._all_parents():
            for folder in parent.glob("w*"):
                with contextlib.suppress(OSError):  # a worker lives in it
                    folder.rmdir()

    def close(self) -> None:
        """Remove what is left, our own folders too."""
        self.sweep()
        for parent in self._all_parents():
            with contextlib.suppress(OSError):
                parent.rmdir()

    def _all_parents(self) -> list[Path]:
        return [each for parent in set(self._parents.values()) for each in (parent, _low(parent)) if each.exists()]

    def _is_of_cores(self, controller: str) -> bool:
        """Whether the groups of a controller share out cores: in version 2 there is one group for all."""
        return controller == "cpu" or (self._version == 2 and "cpu" in self._parents)

    def _low_parent(self, parent: Path) -> Path:
        """The folder of ours whose groups give way. It lies beside the other: a share counts only among the children of one group."""
        folder = _low(parent)
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            if self._version == 2:
                _pass_on(folder)
            name, share = _LOW_FILES[self._version]
            _write_if_there(folder / name, share)
        return folder

    @property
    def _entrance(self) -> str:
        """The file that a process writes itself into: in version 1 one that moves a single thread, which a process that has no
        other does in a twentieth of the time."""
        return "cgroup.procs" if self._version == 2 else "tasks"

    def _find(self) -> None:
        groups = {name: group for name, group in own_folders().items() if group.is_seen}
        self._version = 1 if "memory" in groups else 2
        files = _FILES[self._version]
        if self._version == 2:
            own = groups.get("")
            parent = None if own is None else self._usable(_divisible(own.folder), files["memory"])
            if parent is not None:
                self._parents = {name: parent for name in _CONTROLLERS if _offers(parent, files[name])}
            return
        for name in _CONTROLLERS:
            parent = self._usable(groups[name].folder, files[name]) if name in groups else None
            if parent is not None:
                self._parents[name] = parent

    def _usable(self, own: Path, file: str) -> Path | None:
        """A folder of ours below our own group, whose children can be limited by `file`; None where that is not allowed."""
        parent = own / self._name
        try:
            parent.mkdir(exist_ok=True)
            if self._version == 2:
                for folder in (own, parent):
                    _pass_on(folder)
            if _offers(parent, file):
                return parent
            parent.rmdir()
        except OSError as error:
            logger.info("no control groups can be made here", extra={"folder": str(own), "reason": str(error)})
        return None

    def _limit(self, controller: str, folder: Path, limits: GroupLimits) -> str:
        """Set the limit of this controller; returns it as people read it. Raises OSError."""
        if controller == "memory":
            self._limit_memory(folder, limits.memory_bytes)
            return f"memory {memory_text(limits.memory_bytes)}"
        if controller == "cpu":
            self._limit_cpu(folder, limits.cpu)
            return f"cpu {limits.cpu:g}"
        (folder / "pids.max").write_text(str(limits.processes))
        return f"{limits.processes} processes"

    def _limit_memory(self, folder: Path, memory_bytes: int) -> None:
        size = str(memory_bytes)
        if self._version == 2:
            (folder / "memory.max").write_text(size)
            _write_if_there(folder / "memory.swap.max", "0")
            _write_if_there(folder / "memory.oom.group", "1")
            return
        (folder / "memory.limit_in_bytes").write_text(size)
        _write_if_there(folder / "memory.memsw.limit_in_bytes", size)

    def _limit_cpu(self, folder: Path, cpu: float) -> None:
        quota = int(cpu * _PERIOD_MICROSECONDS)
        if self._version == 2:
            (folder / "cpu.max").write_text(f"{quota} {_PERIOD_MICROSECONDS}")
            return
        (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
        (folder / "cpu.cfs_quota_us").write_text(str(quota))


def _low(parent: Path) -> Path:
    return parent.with_name(f"{parent.name}-low")


def _pass_on(folder: Path) -> None:
    """Let the children of a group be limited, as far as that is ours to say."""
    for name in _CONTROLLERS:
        with contextlib.suppress(OSError):  # not ours to change, or done already
            (folder / "cgroup.subtree_control").write_text(f"+{name}")


def _offers(parent: Path, file: str) -> bool:
    """Whether a child of this group has the file."""
    probe = parent / f"w{secrets.token_hex(4)}"
    probe.mkdir()
    found = (probe / file).exists()
    probe.rmdir()
    return found


def _divisible(own: Path) -> Path:
    """Our group, whose controllers may be shared out: where our processes are in a leaf, the one above it."""
    return own.parent if own.name == LEAF else own


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:  # gone, or of the other version
        return []


def _write_if_there(path: Path, text: str) -> None:
    if path.exists():
        with contextlib.suppress(OSError):  # swap accounting may be switched off
            path.write_text(text)
