"""The walls of a forked worker: what its zygote is allowed to see, except other workers, and a bundle and a folder of its own.

A zygote has no rights; Linux lets any process make namespaces that belong to a new namespace of users, and mount in those what it
was given as descriptors. Where a system does not, no worker is forked."""

import ctypes
import os
import re
import stat
from pathlib import Path

SCRATCH = "/tmp"  # noqa: S108 - inside, it is the worker's alone
BUNDLE = "/run/unshelf/bundle"
"""Where a worker finds its folder and its bundle; the host makes these places in the zygote's root."""
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - inside, it is the worker's alone

_NEW_USERS, _NEW_MOUNTS, _NEW_PIDS, _NEW_IPC = 0x10000000, 0x00020000, 0x20000000, 0x08000000
_NO_SETUID, _NO_DEVICES, _NO_EXEC = 0x2, 0x4, 0x8
_OPEN_TREE, _MOVE_MOUNT = 428, 429
_CLONE, _RECURSIVE = 0x1, 0x8000
_HERE = -100
_FROM_DESCRIPTOR = 0x4
_NO_NEW_PRIVILEGES, _DROP_BOUND, _ADOPT_ORPHANS, _DUMPABLE = 38, 24, 36, 4
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522


_ESCAPED = re.compile(r"\\([0-7]{3})")
"""Blanks and the like in the table of mounts."""


class WallsRefused(Exception):
    """The system does not let this process put up walls; the message says what it refused."""


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def adopt_orphans() -> None:
    """Have forked workers, whose parent ends at once, become children of this process."""
    _checked(_libc().prctl(_ADOPT_ORPHANS, 1, 0, 0, 0), "adopting processes")


def enter_namespaces() -> None:
    """Enter new namespaces; the next fork begins a new one of processes. Raises WallsRefused."""
    user, group = os.getuid(), os.getgid()
    _checked(_libc().unshare(_NEW_USERS | _NEW_MOUNTS | _NEW_PIDS | _NEW_IPC), "namespaces of users")
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path(f"/proc/self/{name}").write_text(text)
    except OSError as error:
        raise WallsRefused(f"mapping users ({error.strerror})") from error


def mount_own_files(bundle: int, scratch: int) -> None:
    """See only our own processes, shared memory, bundle and folder; then give up the right to mount. Raises WallsRefused."""
    libc = _libc()
    flags = _NO_SETUID | _NO_DEVICES
    kept = [(place, _copy(libc, place)) for place in _mounted_below(SCRATCH, _SHARED_MEMORY)]
    _checked(libc.mount(b"proc", b"/proc", b"proc", flags | _NO_EXEC, None), "mounting /proc")
    mounted = libc.mount(b"tmpfs", _SHARED_MEMORY.encode(), b"tmpfs", flags, b"mode=1777")
    _checked(mounted, f"mounting {_SHARED_MEMORY}")
    for place, descriptor in ((BUNDLE, bundle), (SCRATCH, scratch), *kept):
        if descriptor not in (bundle, scratch):
            _make_place(place, folder=stat.S_ISDIR(os.fstat(descriptor).st_mode))
        moved = _call(libc, _MOVE_MOUNT, descriptor, b"", _HERE, os.fsencode(place), _FROM_DESCRIPTOR)
        _checked(moved, f"mounting {place}")
        os.close(descriptor)
    _give_up_rights(libc)


def _mounted_below(*folders: str) -> "list[str]":
    """The places below these folders at which something is mounted: an environment, where the platform's home folder lies there."""
    lines = os.fsdecode(Path("/proc/self/mountinfo").read_bytes()).split("\n")
    places = [_ESCAPED.sub(lambda match: chr(int(match[1], 8)), line.split(" ")[4]) for line in lines if line]
    return [place for place in places if any(place.startswith(f"{folder}/") for folder in folders)]


def _copy(libc: ctypes.CDLL, place: str) -> int:
    descriptor = _call(libc, _OPEN_TREE, _HERE, os.fsencode(place), _CLONE | os.O_CLOEXEC | _RECURSIVE)
    _checked(descriptor, f"mounting {place} again")
    return descriptor


def _make_place(place: str, *, folder: bool) -> None:
    try:
        (Path(place) if folder else Path(place).parent).mkdir(parents=True, exist_ok=True)
        if not folder:
            Path(place).touch()
    except OSError as error:
        raise WallsRefused(f"making {place} ({error.strerror})") from error


def _call(libc: ctypes.CDLL, number: int, *arguments: "int | bytes") -> int:
    words = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result: int = libc.syscall(ctypes.c_long(number), *words)
    return result


def hide_from_worker() -> None:
    """Keep a worker, which has the same user, out of this process: its memory, and the descriptors that it holds."""
    _checked(_libc().prctl(_DUMPABLE, 0, 0, 0, 0), "hiding")


def _give_up_rights(libc: ctypes.CDLL) -> None:
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "giving up rights")
    for capability in range(_LAST_CAPABILITY + 1):
        if libc.prctl(_DROP_BOUND, capability, 0, 0, 0):
            break  # the kernel knows no more of them
    header, nothing = _CapabilityHeader(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    _checked(libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "giving up rights")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        raise WallsRefused(f"{what} ({os.strerror(ctypes.get_errno())})")
