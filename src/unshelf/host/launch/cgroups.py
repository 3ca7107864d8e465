"""Control groups: where this machine lets us make some, each worker gets its own, with its tier's memory and cores."""

import contextlib
import hashlib
import logging
import secrets
from pathlib import Path

from unshelf.contracts.protocols.worker import LimitGroup
from unshelf.contracts.tiers import Tier, memory_text

logger = logging.getLogger(__name__)

_MOUNT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_PERIOD_MICROSECONDS = 100_000


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

    def remove(self) -> None:
        """Remove the groups once their processes are gone. Those that stay are swept at the next start."""
        for folder in self._folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
        self._folders = []


class CgroupManager:
    """Makes groups below our own; which kinds of limits can be had is found out by trying, once."""

    def __init__(self, home: Path) -> None:
        self._name = f"unshelf-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
        self._version = 0
        self._memory: Path | None = None
        self._cpu: Path | None = None
        self._find()

    def make(self, tier: Tier) -> WorkerCgroup:
        """A group with the tier's limits; one without memberships where none can be made."""
        name = f"w{secrets.token_hex(4)}"
        memberships: list[LimitGroup] = []
        folders: list[Path] = []
        wanted = [(self._memory, True), (self._cpu, False)]
        for parent, memory in wanted:
            if parent is None:
                continue
            folder = parent / name
            try:
                folder.mkdir(exist_ok=True)
                if folder not in folders:
                    folders.append(folder)
                self._limit_memory(folder, tier) if memory else self._limit_cpu(folder, tier)
            except OSError as error:
                logger.warning("a control group can't be made", extra={"group": str(folder), "reason": str(error)})
                continue
            what = f"memory {memory_text(tier.memory_bytes)}" if memory else f"cpu {tier.cpu:g}"
            memberships.append(
                LimitGroup(file=str(folder / self._entrance), holds=f"{what} (cgroup v{self._version})", memory=memory)
            )
        return WorkerCgroup(memberships, folders)

    def sweep(self) -> None:
        """Remove the empty groups of a host that was killed."""
        for parent in {self._memory, self._cpu} - {None}:
            assert parent is not None  # noqa: S101 - taken out above
            for folder in parent.glob("w*"):
                with contextlib.suppress(OSError):  # a worker lives in it
                    folder.rmdir()

    def close(self) -> None:
        """Remove what is left, our own folders too."""
        self.sweep()
        for parent in {self._memory, self._cpu} - {None}:
            assert parent is not None  # noqa: S101 - taken out above
            with contextlib.suppress(OSError):
                parent.rmdir()

    @property
    def _entrance(self) -> str:
        """The file that a process writes itself into: in version 1 one that moves a single thread, which a process that has no
        other does in a twentieth of the time."""
        return "cgroup.procs" if self._version == 2 else "tasks"

    def _find(self) -> None:
        own = _own_groups()
        if (_MOUNT / "cgroup.controllers").exists():
            self._version = 2
            parent = self._usable(_MOUNT / own.get("", "/").lstrip("/"), "memory.max")
            if parent is not None:
                self._memory = parent
                self._cpu = parent if _offers(parent, "cpu.max") else None
            return
        self._version = 1
        self._memory = self._usable(_MOUNT / "memory" / own.get("memory", "/").lstrip("/"), "memory.limit_in_bytes")
        self._cpu = self._usable(_MOUNT / "cpu" / own.get("cpu", "/").lstrip("/"), "cpu.cfs_quota_us")

    def _usable(self, own: Path, file: str) -> Path | None:
        """A folder of ours below our own group, whose children can be limited by `file`; None where that is not allowed."""
        parent = own / self._name
        try:
            parent.mkdir(exist_ok=True)
            if self._version == 2:
                for folder in (own, parent):
                    with contextlib.suppress(OSError):  # not ours to change, or done already
                        (folder / "cgroup.subtree_control").write_text("+memory +cpu")
            if _offers(parent, file):
                return parent
            parent.rmdir()
        except OSError as error:
            logger.info("no control groups can be made here", extra={"folder": str(own), "reason": str(error)})
        return None

    def _limit_memory(self, folder: Path, tier: Tier) -> None:
        size = str(tier.memory_bytes)
        if self._version == 2:
            (folder / "memory.max").write_text(size)
            _write_if_there(folder / "memory.swap.max", "0")
            _write_if_there(folder / "memory.oom.group", "1")
            return
        (folder / "memory.limit_in_bytes").write_text(size)
        _write_if_there(folder / "memory.memsw.limit_in_bytes", size)

    def _limit_cpu(self, folder: Path, tier: Tier) -> None:
        quota = int(tier.cpu * _PERIOD_MICROSECONDS)
        if self._version == 2:
            (folder / "cpu.max").write_text(f"{quota} {_PERIOD_MICROSECONDS}")
            return
        (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
        (folder / "cpu.cfs_quota_us").write_text(str(quota))


def _offers(parent: Path, file: str) -> bool:
    """Whether a child of this group has the file."""
    probe = parent / f"w{secrets.token_hex(4)}"
    probe.mkdir()
    found = (probe / file).exists()
    probe.rmdir()
    return found


def _own_groups() -> dict[str, str]:
    """Controller → the path of our group; the empty name is version 2."""
    found: dict[str, str] = {}
    for line in _lines(_OWN):
        _, controllers, path = line.split(":", 2)
        found.update(dict.fromkeys(controllers.split(","), path))
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:  # gone, or of the other version
        return []


def _write_if_there(path: Path, text: str) -> None:
    if path.exists():
        with contextlib.suppress(OSError):  # swap accounting may be switched off
            path.write_text(text)
