"""The control group that this process is in, of either version, and the limits of memory and cores that it and its parents set.

A container, a service of systemd with MemoryMax= and a job of Slurm are all such groups; their limits stand nowhere in /proc/meminfo."""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

_OWN = Path("/proc/self/cgroup")
_MOUNTS = Path("/proc/self/mountinfo")
LEAF = "unshelf-server"
"""The group below our own that our processes move into, so that their own may share its controllers out."""
_UNLIMITED_BYTES = 1 << 60
_FIRST_PROCESS = 1
_MEMORY_FILES = {1: ("memory.limit_in_bytes", "memory.usage_in_bytes"), 2: ("memory.max", "memory.current")}
_CACHED = {
    1: ("total_inactive_file", "total_active_file"),  # without `total_` version 1 leaves out the groups below
    2: ("inactive_file", "active_file", "slab_reclaimable"),
}
_MAPPED = {1: "total_mapped_file", 2: "file_mapped"}


@dataclass(frozen=True, kw_only=True)
class GroupFolder:
    """Our group in one hierarchy."""

    version: int
    """1 or 2."""
    mount: Path
    """Where the hierarchy is mounted."""
    folder: Path
    """Our group, or the mount itself where ours is not seen from here."""
    is_seen: bool
    """Whether it is ours."""

    def up(self) -> Iterable[Path]:
        """Our group and its parents, as far as they are seen."""
        yield self.folder
        for parent in self.folder.parents:
            if not parent.is_relative_to(self.mount):
                return
            yield parent


@dataclass(frozen=True, kw_only=True)
class OwnLimits:
    """The limits that hold for this process and all that it starts."""

    memory_bytes: int | None = None
    """None: no limit."""
    memory_used_bytes: int = 0
    """Use by the group with that limit, without the contents of files that are kept as there is room."""
    cores: float | None = None
    """Cores' worth of time; None: no limit."""


def own_folders() -> dict[str, GroupFolder]:
    """Our groups by controller: `memory`, `cpu`, `pids` and what else there is; the empty name is version 2."""
    found: dict[str, GroupFolder] = {}
    paths = _own_paths()
    for root, mount, kind, options in _mounts():
        version = 2 if kind == "cgroup2" else 1
        for controller in [""] if version == 2 else options:
            path = paths.get(controller)
            if path is not None and controller not in found:
                folder = _below(mount, root, path)
                found[controller] = GroupFolder(
                    version=version, mount=mount, folder=folder or mount, is_seen=folder is not None
                )
    return found


def folder_of(controller: str) -> GroupFolder | None:
    """Our group where this controller is: its own hierarchy in version 1, else that of version 2; None where there is none."""
    found = own_folders()
    return found.get(controller) or found.get("")


def own_limits() -> OwnLimits:
    """Read the limits of our group and its parents: the tightest of each kind."""
    memory, used = _memory(folder_of("memory"))
    return OwnLimits(memory_bytes=memory, memory_used_bytes=used, cores=_cores(folder_of("cpu")))


def usable_cores() -> int:
    """Count the cores that this process may run on: those of its affinity, and no more than its group's share of time amounts to."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = own_limits().cores
    return allowed if cores is None else max(1, min(allowed, -int(-cores // 1)))


def enter_leaf() -> None:
    """In version 2, move this process into a leaf below its group, unless others are in there: a group that holds processes may not
    share its controllers out to groups below. Does nothing where that is not ours to do."""
    own = own_folders().get("")
    if own is None or not own.is_seen or own.folder.name == LEAF:
        return
    try:
        inside = {int(line) for line in (own.folder / "cgroup.procs").read_text().split()}
        ours = {os.getpid()} | ({_FIRST_PROCESS} if os.getppid() == _FIRST_PROCESS else set())
        if not inside or not inside <= ours or not (own.folder / "cgroup.controllers").read_text().strip():
            return
        leaf = own.folder / LEAF
        leaf.mkdir(exist_ok=True)
        for pid in sorted(inside, reverse=True):
            (leaf / "cgroup.procs").write_text(str(pid))
    except (OSError, ValueError) as error:
        logger.info("our control group is not ours to divide", extra={"group": str(own.folder), "reason": str(error)})


def _memory(group: GroupFolder | None) -> tuple[int | None, int]:
    """The tightest limit, and what its group uses of it."""
    tightest: int | None = None
    used = 0
    if group is None:
        return None, 0
    of_limit, of_use = _MEMORY_FILES[group.version]
    for folder in group.up():
        limit = _number(folder / of_limit)
        if limit is None or limit >= _UNLIMITED_BYTES or (tightest is not None and limit >= tightest):
            continue
        tightest = limit
        used = max(0, (_number(folder / of_use) or 0) - _droppable(folder, group.version))
    return tightest, used


def _droppable(folder: Path, version: int) -> int:
    """Count the bytes that the group has of files that were read or written and that no process maps: packages of an environment that
    was built fill a group up to its limit so, and the system drops them as soon as memory is needed."""
    sizes = {
        name: _int(value) or 0 for name, _, value in (line.partition(" ") for line in _lines(folder / "memory.stat"))
    }
    return max(0, sum(sizes.get(name, 0) for name in _CACHED[version]) - sizes.get(_MAPPED[version], 0))


def _cores(group: GroupFolder | None) -> float | None:
    found: list[float] = []
    if group is None:
        return None
    for folder in group.up():
        if group.version == 2:
            words = " ".join(_lines(folder / "cpu.max")).split()
            quota, period = (_int(words[0]), _int(words[1])) if len(words) == 2 else (None, None)
        else:
            quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota and period and quota > 0:
            found.append(quota / period)
    return min(found, default=None)


def _own_paths() -> dict[str, str]:
    """Controller → the path of our group as the kernel tells it; the empty name is version 2."""
    found: dict[str, str] = {}
    for line in _lines(_OWN):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            found[""] = path
        else:
            found.update(dict.fromkeys(controllers.split(","), path))
    return found


def _mounts() -> Iterable[tuple[str, Path, str, list[str]]]:
    """The hierarchies that are mounted: which group is shown as their root, where, of which kind, with which controllers."""
    for line in _lines(_MOUNTS):
        place, _, about = line.partition(" - ")
        fields, kinds = place.split(), about.split()
        if len(fields) > 4 and len(kinds) > 2 and kinds[0] in ("cgroup", "cgroup2"):
            yield _plain(fields[3]), Path(_plain(fields[4])), kinds[0], kinds[2].split(",")


def _below(mount: Path, root: str, path: str) -> Path | None:
    """Where a group lies below a mount that shows `root`; None where it is not shown."""
    inside = path.removeprefix(root) if root != "/" and path.startswith(root) else path
    folder = mount / inside.strip("/")
    return folder if ".." not in inside and folder.is_dir() else None


def _plain(text: str) -> str:
    """A path of mountinfo without its escapes."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:  # absent, or not for us
        return []


def _number(path: Path) -> int | None:
    return _int("".join(_lines(path)))


def _int(text: str) -> int | None:
    """The number; None for `max` and for nothing."""
    try:
        return int(text)
    except ValueError:
        return None
