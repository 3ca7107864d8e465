"""`python unprivileged.py KIND PROGRAM ARGUMENT…`: runs a program as a user without rights, who reaches our interpreter and sources
wherever they lie. KIND is `namespaces`, or `none` where it may not make namespaces of users, as in a container."""

import ctypes
import os
import sys
from pathlib import Path

from unshelf.host.sandbox import syscalls
from unshelf.host.sandbox.syscall_filter import syscall_filter

USER, GROUP = 65501, 65502
"""Two numbers, as users of services have."""
_DUMPABLE = 4


def open_way(*needed: str) -> None:
    """Show these folders, in this mount namespace, also where a folder above them is closed to others."""
    closed: dict[Path, list[tuple[str, int]]] = {}
    for folder in dict.fromkeys(needed):
        above = [parent for parent in reversed(Path(folder).parents) if not parent.stat().st_mode & 0o001]
        if above:
            closed.setdefault(above[0], []).append((folder, syscalls.clone_mount(folder, 0, recursive=True)))
    for top, mounts in closed.items():
        syscalls.mount("tmpfs", str(top), 0, "mode=755")
        for folder, mount in mounts:
            Path(folder).mkdir(0o755, parents=True, exist_ok=True)
            syscalls.attach_mount(mount, folder)


def main(kind: str, *command: str) -> None:
    """Become the program."""
    syscalls.unshare(syscalls.NEW_MOUNTS)
    syscalls.make_mounts_private()
    open_way(sys.base_prefix, sys.prefix, str(Path(__file__).parents[2]))
    os.setgroups([])
    os.setgid(GROUP)
    os.setuid(USER)
    ctypes.CDLL(None).prctl(_DUMPABLE, 1, 0, 0, 0)
    if kind == "none":
        syscalls.forbid_new_privileges()
        syscalls.filter_calls(syscall_filter())
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
