"""Linux system calls of namespaces, mounts and filters, by ctypes: the standard library has them from Python 3.12 on, or not at all."""

import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct

NEW_MOUNTS = 0x00020000
NEW_HOST_NAMES = 0x04000000
NEW_IPC = 0x08000000
NEW_USERS = 0x10000000
NEW_PIDS = 0x20000000
NEW_NETWORK = 0x40000000

READ_ONLY = 0x1
NO_SETUID = 0x2
NO_DEVICES = 0x4
NO_EXEC = 0x8
_OWNER_MAPPED = 0x00100000

_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT, _MOUNT_SETATTR = 428, 429, 430, 431, 432, 442
"""Numbers that are the same on every architecture."""
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_ASK_VERSION, _BENEATH_A_PATH = 0x1, 1
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}
_HERE = -100
_EMPTY_PATH = 0x1000
_RECURSIVE = 0x8000
_CLONE = 0x1
_FROM_DESCRIPTOR = 0x4
_PRIVATE = 0x00040000 | 0x00004000
_DETACH = 0x2
_SET_TEXT, _CREATE = 1, 6
"""Commands of fsconfig."""
_CLOSE_ON_EXEC = 0x1
_NO_NEW_PRIVILEGES, _DROP_BOUND, _PARENT_DEATH, _FILTER_CALLS = 38, 24, 1, 22
_BY_FILTER = 2
_GET_FLAGS, _SET_FLAGS, _INTERFACE_IS_UP = 0x8913, 0x8914, 0x1
_LAST_CAPABILITY = 63

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def unshare(kinds: int) -> None:
    """Enter new namespaces of these kinds. Raises OSError."""
    _checked(_libc.unshare(kinds))


def make_mounts_private() -> None:
    """Keep what is mounted here from now on to this mount namespace."""
    _checked(_libc.mount(b"none", b"/", None, _PRIVATE, None))


def mount(kind: str, target: str, attributes: int, options: str = "") -> None:
    """Mount a file system of the kernel's own: tmpfs, proc, devpts. Raises OSError."""
    flags = attributes & (READ_ONLY | NO_SETUID | NO_DEVICES | NO_EXEC)  # these have the same values in both interfaces
    _checked(_libc.mount(kind.encode(), os.fsencode(target), kind.encode(), flags, options.encode()))


def memory_mount(options: "dict[str, str]", attributes: int) -> int:
    """A descriptor of a detached, empty file system in memory. It goes when its last descriptor does. Raises OSError."""
    context = _call(_FSOPEN, b"tmpfs", _CLOSE_ON_EXEC)
    try:
        for name, value in options.items():
            _call(_FSCONFIG, context, _SET_TEXT, name.encode(), value.encode(), 0)
        _call(_FSCONFIG, context, _CREATE, 0, 0, 0)
        return _call(_FSMOUNT, context, _CLOSE_ON_EXEC, attributes)
    finally:
        os.close(context)


def clone_mount(path: str, attributes: int, *, recursive: bool = False, owner_map: int = -1) -> int:
    """A descriptor of a detached copy of the mount below `path`, with these attributes; `owner_map` is the descriptor of a user
    namespace whose mapping of users the copy shows. The copy goes when its last descriptor does. Raises OSError."""
    flags = _CLONE | os.O_CLOEXEC | (_RECURSIVE if recursive else 0)
    descriptor = _call(_OPEN_TREE, _HERE, os.fsencode(path), flags)
    try:
        set_attributes(descriptor, attributes, recursive=recursive, owner_map=owner_map)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def set_attributes(descriptor: int, attributes: int, *, recursive: bool = False, owner_map: int = -1) -> None:
    """Add attributes to a mount. Raises OSError."""
    mapped = (attributes | _OWNER_MAPPED, owner_map) if owner_map >= 0 else (attributes, 0)
    wanted = struct.pack("@QQQQ", mapped[0], 0, 0, mapped[1])
    flags = _EMPTY_PATH | (_RECURSIVE if recursive else 0)
    _call(_MOUNT_SETATTR, descriptor, b"", flags, wanted, len(wanted))


def mount_overlay(target: str, lower: str, upper: str, work: str) -> None:
    """Mount what lies in `lower` at `target`, with changes kept in `upper`. Raises OSError."""
    options = f"lowerdir={lower},upperdir={upper},workdir={work}".encode()
    _checked(_libc.mount(b"overlay", os.fsencode(target), b"overlay", NO_SETUID | NO_DEVICES, options))


def unmount(target: str) -> None:
    """Detach what is mounted at `target`. Raises OSError."""
    _checked(_libc.umount2(os.fsencode(target), _DETACH))


def owner_map(user: int, owner: int = 0, group: int = 0) -> int:
    """Return the descriptor of a user namespace that shows what is this owner's, root's by default, as this user's. Raises OSError."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        if _libc.unshare(NEW_USERS):
            os._exit(1)
        os.write(writing, b"x")
        while True:
            signal.pause()
    os.close(writing)
    try:
        if not os.read(reading, 1):
            raise OSError(errno.EPERM, "a user namespace can't be made")
        for name, shown in (("uid_map", owner), ("gid_map", group)):
            with open(f"/proc/{child}/{name}", "w") as file:
                file.write(f"{shown} {user} 1")
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def attach_mount(descriptor: int, target: str) -> None:
    """Attach a detached mount at `target`. Raises OSError."""
    _call(_MOVE_MOUNT, descriptor, b"", _HERE, os.fsencode(target), _FROM_DESCRIPTOR)


def pivot_root(folder: str) -> None:
    """Make the mount at `folder` the root, and let go of what was the root before. Raises OSError."""
    number = _PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError(f"the number of pivot_root on {os.uname().machine} is not known")
    os.chdir(folder)
    _call(number, b".", b".")
    _checked(_libc.umount2(b".", _DETACH))
    os.chdir("/")


def forbid_new_privileges() -> None:
    """Have no program that this process starts gain rights, as setuid programs would. Raises OSError."""
    _checked(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def map_own_user(user: int, group: int) -> None:
    """Be the same user in the new user namespace of this process as outside of it. Raises OSError."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def become(user: int, groups: "list[int] | None") -> None:
    """Be this user for good, with no capability and no way to one: not by a setuid program either. Without `groups`, the user is what
    it is, and the capabilities of its namespace go with the next program that it executes. Raises OSError."""
    forbid_new_privileges()
    for capability in range(_LAST_CAPABILITY + 1):
        if _libc.prctl(_DROP_BOUND, capability, 0, 0, 0):
            break  # the kernel knows no more of them
    if groups is None:
        return
    os.setgroups(groups)
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def filter_calls(program: bytes) -> None:
    """Have the kernel judge every system call of this process and its children by this filter (see syscall_filter.py). Needs that no
    new privileges can be had. Raises OSError."""
    lines = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(lines))
    _checked(_libc.prctl(_FILTER_CALLS, _BY_FILTER, described, 0, 0))


def landlock_version() -> int:
    """The version of Landlock that the kernel has. Raises OSError where it has none."""
    return _call(_LANDLOCK_CREATE, 0, 0, _ASK_VERSION)


def landlock_rules(attributes: bytes) -> int:
    """Return the descriptor of a new set of rules with the kernel's `struct landlock_ruleset_attr`. Raises OSError."""
    return _call(_LANDLOCK_CREATE, attributes, len(attributes), 0)


def landlock_allow(rules: int, attributes: bytes) -> None:
    """Add a rule for a path with the kernel's `struct landlock_path_beneath_attr`. Raises OSError."""
    _call(_LANDLOCK_ADD, rules, _BENEATH_A_PATH, attributes, 0)


def landlock_restrict(rules: int) -> None:
    """Put this process under these rules for good. Raises OSError."""
    _call(_LANDLOCK_RESTRICT, rules, 0)


def start_loopback() -> None:
    """Bring up the one interface that a new network namespace has. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("16sH", fcntl.ioctl(asking, _GET_FLAGS, request))[1]
        fcntl.ioctl(asking, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _INTERFACE_IS_UP))


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _checked(_libc.prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0))


def _call(number: int, *arguments: "int | bytes") -> int:
    words = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *words))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
