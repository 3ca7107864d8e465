"""Facts about this machine and its limits, for `unshelf doctor`."""

import os
import platform
import resource
import shutil
from collections.abc import Sequence
from pathlib import Path

from unshelf.contracts.machine import MachineCheck, MachineFacts
from unshelf.host.artifacts.interpreters import Interpreters
from unshelf.host.machine.gpus import Gpus
from unshelf.host.packages.uv import Uv
from unshelf.host.sandbox.gaps import gaps_of
from unshelf.host.sandbox.sandbox import Sandbox, warning_of

_GIB = 1 << 30
_FEW_FILES = 4096
_CGROUPS = Path("/sys/fs/cgroup")


async def describe_machine(
    home: Path, interpreters: Interpreters, uv: Uv, gpus: Gpus, *, sandbox: Sandbox, controllers: Sequence[str]
) -> MachineFacts:
    """Look at this machine; asking for its interpreters can take seconds. `controllers` of the control groups that can be made."""
    memory, free_memory = memory_bytes()
    disk = shutil.disk_usage(home)
    pythons = await interpreters.versions()
    version = await uv.version()
    open_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MachineFacts(
        cores=usable_cores(),
        memory_bytes=memory,
        memory_free_bytes=free_memory,
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
        gpus=gpus.count,
        gpus_free=gpus.free,
        platform=platform.platform(),
        python=platform.python_version(),
        pythons=pythons,
        uv=version.output.strip().removeprefix("uv ").split(" ")[0],
        cgroups=cgroups_version(),
        cgroups_writable=cgroups_writable(),
        open_files_limit=open_files,
        processes_limit=_unlimited_is_none(resource.getrlimit(resource.RLIMIT_NPROC)[0]),
        user_namespaces=user_namespaces(),
        sandboxed=sandbox.kind in ("namespaces", "user namespaces"),
        sandbox=sandbox.kind,
        gaps=gaps_of(sandbox, controllers),
        checks=[
            _check_cores(usable_cores()),
            _check_memory(memory, free_memory),
            *([_check_gpus(gpus)] if gpus.count else []),
            _check_disk(disk.free),
            *_check_mount(os.statvfs(home).f_flag),
            _check_files(open_files),
            _check_cgroups(cgroups_version(), writable=cgroups_writable()),
            _check_sandbox(sandbox, gaps_of(sandbox, controllers)),
            _check_uv(version.status, version.output),
            MachineCheck(name="python", state="ok", detail=f"models can use Python {', '.join(pythons)}"),
        ],
    )


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> tuple[int, int]:
    """Total and available memory, the container's limit included where there is one; 0 where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
    total, available = sizes.get("MemTotal", 0), sizes.get("MemAvailable", 0)
    limit = _number(_CGROUPS / "memory.max") or _number(_CGROUPS / "memory" / "memory.limit_in_bytes")
    used = _number(_CGROUPS / "memory.current") or _number(_CGROUPS / "memory" / "memory.usage_in_bytes")
    if limit and limit < total:
        return limit, min(available, max(0, limit - (used or 0)))
    return total, available


def cgroups_version() -> int:
    """2, 1, or 0 when there are none."""
    if (_CGROUPS / "cgroup.controllers").exists():
        return 2
    return 1 if (_CGROUPS / "memory").is_dir() else 0


def cgroups_writable() -> bool:
    """Whether limits could be set on groups of processes here."""
    folder = _CGROUPS if cgroups_version() == 2 else _CGROUPS / "memory"
    try:
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False
    return not read_only and os.access(folder, os.W_OK)


def user_namespaces() -> bool:
    """Whether the kernel lets users make namespaces of their own."""
    limit = _number(Path("/proc/sys/user/max_user_namespaces"))
    restricted = _number(Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"))
    return bool(limit) and not restricted


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # absent, or "max"
        return None


def _unlimited_is_none(limit: int) -> int | None:
    return None if limit == resource.RLIM_INFINITY else limit


def _check_cores(cores: int) -> MachineCheck:
    return MachineCheck(name="cores", state="ok", detail=f"{cores} cores may be used")


def _check_gpus(gpus: Gpus) -> MachineCheck:
    return MachineCheck(name="GPUs", state="ok", detail=f"{gpus.free} of {gpus.count} free for tiers with `gpu`")


def _check_memory(total: int, free: int) -> MachineCheck:
    if not total:
        return MachineCheck(name="memory", state="warn", detail="the system does not tell how much memory it has")
    detail = f"{free / _GIB:.1f} of {total / _GIB:.1f} GiB available"
    if free < _GIB:
        return MachineCheck(
            name="memory",
            state="warn",
            detail=detail,
            hint="Pause models that are not needed: each replica has its own memory.",
        )
    return MachineCheck(name="memory", state="ok", detail=detail)


def _check_mount(flags: int) -> list[MachineCheck]:
    """Say so where no library of an environment can be loaded; else there is nothing to say."""
    if not flags & os.ST_NOEXEC:
        return []
    return [
        MachineCheck(
            name="mount", state="fail", detail="the home folder's volume is mounted with noexec: models with compiled packages don't load",
            hint="Mount it without noexec, or move UNSHELF_HOME to another volume.",
        )
    ]  # fmt: skip


def _check_disk(free: int) -> MachineCheck:
    detail = f"{free / _GIB:.1f} GiB free in the home folder"
    if free < _GIB // 4:
        return MachineCheck(
            name="disk", state="fail", detail=detail, hint="Free disk space: predictions must be recorded."
        )
    if free < 5 * _GIB:
        return MachineCheck(
            name="disk", state="warn", detail=detail, hint="Environments of large frameworks need several GiB."
        )
    return MachineCheck(name="disk", state="ok", detail=detail)


def _check_files(limit: int) -> MachineCheck:
    detail = f"{limit} open files a process"
    if limit != resource.RLIM_INFINITY and limit < _FEW_FILES:
        return MachineCheck(
            name="open files", state="warn", detail=detail, hint=f"Raise it: `ulimit -n {_FEW_FILES}` or more."
        )
    return MachineCheck(name="open files", state="ok", detail=detail)


def _check_cgroups(version: int, *, writable: bool) -> MachineCheck:
    if version and writable:
        return MachineCheck(name="cgroups", state="ok", detail=f"version {version}, writable")
    detail = f"version {version}, not writable" if version else "none"
    return MachineCheck(
        name="cgroups", state="warn", detail=f"{detail}: memory and cores of a model can't be limited exactly",
        hint="Run where cgroups are delegated (e.g. a systemd user service with Delegate=yes).",
    )  # fmt: skip


def _check_sandbox(sandbox: Sandbox, gaps: Sequence[str]) -> MachineCheck:
    through = f"; what gets through: {'; '.join(gaps)}" if gaps else ""
    if sandbox.kind == "namespaces":
        return MachineCheck(
            name="sandbox", state="ok",
            detail=f"each model, check and build has a user, files and processes of its own{through}",
        )  # fmt: skip
    if sandbox.kind == "user namespaces":
        detail = f"each model, check and build has files and processes of its own, as the platform's user ({sandbox.reason}){through}"
        return MachineCheck(
            name="sandbox", state="warn" if gaps else "ok", detail=detail,
            hint="Run Unshelf as root, with control groups, so that each has a user and bounds of its own." if gaps else "",
        )  # fmt: skip
    return MachineCheck(
        name="sandbox", state="warn", detail=warning_of(sandbox).rstrip(".") + through,
        hint="Run Unshelf as root where namespaces are allowed, or deploy only models whose makers you trust.",
    )  # fmt: skip


def _check_uv(status: int, output: str) -> MachineCheck:
    if status:
        return MachineCheck(
            name="uv", state="fail", detail="uv does not run: no environment can be built", hint="Reinstall Unshelf."
        )
    return MachineCheck(name="uv", state="ok", detail=output.strip())
