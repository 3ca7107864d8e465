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
from unshelf.runtime.machine.own_group import folder_of, own_limits, usable_cores

_GIB = 1 << 30
_FEW_FILES = 4096
_FEW_INODES = 10_000


async def describe_machine(
    home: Path,
    interpreters: Interpreters,
    uv: Uv,
    gpus: Gpus,
    *,
    sandbox: Sandbox,
    controllers: Sequence[str],
    with_interpreters: bool,
) -> MachineFacts:
    """Look at this machine; to look for its interpreters can take seconds. `controllers` of the control groups that can be made."""
    memory, free_memory = memory_bytes()
    disk = shutil.disk_usage(home)
    pythons = await interpreters.versions() if with_interpreters else [interpreters.own.version]
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
        cgroups_writable=bool(controllers),
        open_files_limit=open_files,
        processes_limit=_unlimited_is_none(resource.getrlimit(resource.RLIMIT_NPROC)[0]),
        user_namespaces=user_namespaces(),
        sandboxed=sandbox.kind in ("namespaces", "user namespaces"),
        sandbox=sandbox.kind,
        gaps=gaps_of(sandbox, controllers),
        checks=[
            _check_cores(usable_cores(), own_limits().cores),
            _check_memory(memory, free_memory),
            *([_check_gpus(gpus)] if gpus.count else []),
            _check_disk(disk.free, os.statvfs(home)),
            *_check_mount(os.statvfs(home).f_flag),
            _check_files(open_files),
            _check_cgroups(cgroups_version(), writable=bool(controllers)),
            _check_sandbox(sandbox, gaps_of(sandbox, controllers)),
            _check_uv(version.status, version.output),
            _check_git(shutil.which("git")),
            MachineCheck(name="python", state="ok", detail=f"models can use Python {', '.join(pythons)}"),
        ],
    )


def memory_bytes() -> tuple[int, int]:
    """Total and available memory, the container's limit included where there is one; 0 where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
    total, available = sizes.get("MemTotal", 0), sizes.get("MemAvailable", 0)
    limits = own_limits()
    if limits.memory_bytes is not None and limits.memory_bytes < total:
        return limits.memory_bytes, min(available, max(0, limits.memory_bytes - limits.memory_used_bytes))
    return total, available


def cgroups_version() -> int:
    """2, 1, or 0 when there are none."""
    group = folder_of("memory")
    return 0 if group is None else group.version


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


def _check_cores(cores: int, limit: float | None) -> MachineCheck:
    bounded = "" if limit is None else f"; our control group has the time of {limit:g}"
    return MachineCheck(name="cores", state="ok", detail=f"{cores} cores may be used{bounded}")


def _check_gpus(gpus: Gpus) -> MachineCheck:
    return MachineCheck(name="GPUs", state="ok", detail=f"{gpus.free} of {gpus.count} free for tiers with `gpu`")


def _check_memory(total: int, free: int) -> MachineCheck:
    if not total:
        return MachineCheck(name="memory", state="warn", detail="the system does not tell how much memory it has")
    detail = f"{free / _GIB:.1f} of {total / _GIB:.1f} GiB available"
    if free < min(_GIB // 4, total // 20):
        return MachineCheck(
            name="memory", state="fail", detail=detail,
            hint="Processes are about to be killed. Pause models, or give the machine, or its control group, more memory.",
        )  # fmt: skip
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


def _check_disk(free: int, volume: os.statvfs_result) -> MachineCheck:
    detail = f"{free / _GIB:.1f} GiB free in the home folder"
    if volume.f_files and volume.f_favail < _FEW_INODES:
        return MachineCheck(
            name="disk", state="fail", detail=f"{detail}, but room for {volume.f_favail} more files alone (inodes)",
            hint="Remove small files from the volume, or make a file system with more inodes.",
        )  # fmt: skip
    if free < _GIB // 4:
        return MachineCheck(
            name="disk", state="fail", detail=detail, hint="Free disk space: predictions must be recorded."
        )
    if free < 5 * _GIB:
        return MachineCheck(
            name="disk", state="warn", detail=detail, hint="Environments of large frameworks need several GiB."
        )
    return MachineCheck(name="disk", state="ok", detail=detail)


def _check_git(program: str | None) -> MachineCheck:
    if program is not None:
        return MachineCheck(name="git", state="ok", detail=program)
    return MachineCheck(
        name="git", state="warn", detail="not found: jobs can't take their code from a repository",
        hint="Install git on the server; jobs whose folder is sent go on without it.",
    )  # fmt: skip


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
        hint="Run it where control groups are delegated: as a systemd service with Delegate=yes.",
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
