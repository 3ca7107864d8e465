"""Facts about a machine and checks of it: the one form for `unshelf doctor`, the host and the API."""

from typing import Literal

import msgspec

CheckState = Literal["ok", "warn", "fail"]


class MachineCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at, and what to do when it is not well."""

    name: str
    """The name of what was looked at."""
    state: CheckState
    """`warn`: it works with limits; `fail`: something is broken."""
    detail: str
    """The finding."""
    hint: str = ""
    """The advice; empty when all is well."""


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that runs replicas."""

    cores: int
    """Cores that our processes may run on."""
    memory_bytes: int
    """Memory; 0 where the system does not tell."""
    memory_free_bytes: int
    """Free memory; 0 where the system does not tell."""
    disk_bytes: int
    """The size of the disk with the home folder."""
    disk_free_bytes: int
    """Free space on it."""
    gpus: int
    """GPUs that workers may be given."""
    gpus_free: int
    """GPUs that no worker has."""
    platform: str
    """The operating system."""
    python: str
    """The version of Python that the server runs on."""
    pythons: list[str]
    """The versions that models can use."""
    uv: str
    """The version of uv."""
    cgroups: int
    """The version of control groups: 2, 1, or 0 for none."""
    cgroups_writable: bool
    """Whether control groups can be made."""
    open_files_limit: int
    """The most open files of a process."""
    processes_limit: int | None
    """None: unlimited."""
    user_namespaces: bool
    """Whether the kernel lets users make namespaces of their own."""
    checks: list[MachineCheck]
    """The checks of the machine."""
    sandboxed: bool = False
    """Whether each model, check and build runs with files and processes of its own."""
    sandbox: Literal["namespaces", "user namespaces", "landlock", "none"] = "none"
    """The walls around each: built by root, built by the platform's user, rules for files alone, or none."""
    gaps: list[str] = []
    """The tricks that get through the walls, as people read them."""
