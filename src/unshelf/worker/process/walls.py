"""The walls of a forked worker: what its zygote is allowed to see, except other workers, and a bundle and a folder of its own.

A zygote has no rights; Linux lets any process make namespaces that belong to a new namespace of users, and mount in those what it
was given as descriptors. Where a system does not, no worker is forked."""

import ctypes
import fcntl
import os
import re
import resource
import socket
import stat
import struct
from pathlib import Path

SCRATCH = "/tmp"  # noqa: S108 - inside, it is the worker's alone
BUNDLE = "/run/unshelf/bundle"
"""Where a worker finds its folder and its bundle; the host makes these places in the zygote's root."""
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - inside, it is the worker's alone

_NEW_USERS, _NEW_MOUNTS, _NEW_PIDS, _NEW_IPC = 0x10000000, 0x00020000, 0x20000000, 0x08000000
_NEW_HOST_NAMES, _NEW_NETWORK = 0x04000000, 0x40000000
_NO_SETUID, _NO_DEVICES, _NO_EXEC = 0x2, 0x4, 0x8
_OPEN_TREE, _MOVE_MOUNT = 428, 429
_CLONE, _RECURSIVE = 0x1, 0x8000
_HERE = -100
_FROM_DESCRIPTOR = 0x4
_NO_NEW_PRIVILEGES, _DROP_BOUND, _ADOPT_ORPHANS, _DUMPABLE, _FILTER_CALLS = 38, 24, 36, 4, 22
_BY_FILTER = 2
_GET_FLAGS, _SET_FLAGS, _INTERFACE_IS_UP = 0x8913, 0x8914, 0x1
_MOST_FILES = 100_000
_MORE_FILE_BYTES = 1 << 20
"""A file may be a little larger than the folder that it lies in, so that a full one says that it is full."""
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


def enter_namespaces(*, own_network: bool) -> None:
    """Enter new namespaces; the next fork begins a new one of processes. Raises WallsRefused."""
    user, group = os.getuid(), os.getgid()
    kinds = _NEW_USERS | _NEW_MOUNTS | _NEW_PIDS | _NEW_IPC | _NEW_HOST_NAMES
    _checked(_libc().unshare(kinds | (_NEW_NETWORK if own_network else 0)), "namespaces of users")
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path(f"/proc/self/{name}").write_text(text)
    except OSError as error:
        raise WallsRefused(f"mapping users ({error.strerror})") from error
    if own_network:
        _start_loopback()


def _start_loopback() -> None:
    """Bring up the one interface that a new network namespace has."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            answer = fcntl.ioctl(asking, _GET_FLAGS, struct.pack("16sH14x", b"lo", 0))
            flags = struct.unpack_from("16sH", answer)[1]
            fcntl.ioctl(asking, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _INTERFACE_IS_UP))
    except OSError as error:
        raise WallsRefused(f"starting the loopback interface ({error.strerror})") from error


def mount_own_files(bundle: int, scratch: int, *, shared_bytes: int) -> None:
    """See only our own processes, shared memory, bundle and folder. Raises WallsRefused."""
    libc = _libc()
    flags = _NO_SETUID | _NO_DEVICES
    kept = [(place, _copy(libc, place)) for place in _mounted_below(SCRATCH, _SHARED_MEMORY)]
    _checked(libc.mount(b"proc", b"/proc", b"proc", flags | _NO_EXEC, None), "mounting /proc")
    options = f"mode=1777,size={shared_bytes},nr_inodes={_MOST_FILES}" if shared_bytes else "mode=1777"
    mounted = libc.mount(b"tmpfs", _SHARED_MEMORY.encode(), b"tmpfs", flags, options.encode())
    _checked(mounted, f"mounting {_SHARED_MEMORY}")
    for place, descriptor in ((BUNDLE, bundle), (SCRATCH, scratch), *kept):
        if descriptor not in (bundle, scratch):
            _make_place(place, folder=stat.S_ISDIR(os.fstat(descriptor).st_mode))
        moved = _call(libc, _MOVE_MOUNT, descriptor, b"", _HERE, os.fsencode(place), _FROM_DESCRIPTOR)
        _checked(moved, f"mounting {place}")
        os.close(descriptor)


def give_up_rights() -> None:
    """Give up every right in these namespaces, that to mount too, for good. Raises WallsRefused."""
    libc = _libc()
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "giving up rights")
    for capability in range(_LAST_CAPABILITY + 1):
        if libc.prctl(_DROP_BOUND, capability, 0, 0, 0):
            break  # the kernel knows no more of them
    header, nothing = _CapabilityHeader(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    _checked(libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "giving up rights")


def bound(processes: int, file_bytes: int, program: bytes) -> None:
    """Take on the last bounds, in the worker itself: how many processes its user may have, how large a file may be (its log is one),
    and the filter of its system calls."""
    if file_bytes:
        most_bytes = file_bytes + _MORE_FILE_BYTES
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    if processes:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    if program:
        lines = ctypes.create_string_buffer(program, len(program))
        described = struct.pack("@HP", len(program) // 8, ctypes.addressof(lines))
        _checked(_libc().prctl(_FILTER_CALLS, _BY_FILTER, described, 0, 0), "filtering system calls")


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


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        raise WallsRefused(f"{what} ({os.strerror(ctypes.get_errno())})")
