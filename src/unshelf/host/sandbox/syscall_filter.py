"""A filter of system calls for programs of users, as a program for the kernel's seccomp.

Made here and not by libseccomp: what applies it (enter.py, worker/process/walls.py) runs before any package can be imported, and takes
the finished bytes. Everything is allowed but what reaches parts of the kernel that models have no use for, other processes, or new
namespaces, in which a program would have rights again."""

import errno
import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
"""Offsets in the kernel's `struct seccomp_data`; of an argument, its lower half on little-endian machines."""
_X32 = 0x40000000
_NAMESPACES = 0x7E020080
"""The flags of clone and unshare that make namespaces: time, mounts, cgroups, host names, ipc, users, processes, network."""
_FAMILIES = (1, 2, 10, 16)
"""Sockets that may be made: unix, IPv4, IPv6, netlink (by which libraries list interfaces). Others, such as vsock and packet sockets,
go round a network namespace, or have been the way into many kernels."""
_INPUT_TO_TERMINAL = (0x5412, 0x541C)
_COMMON = {
    "setns": (308, 268), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "syslog": (103, 116), "vhangup": (153, 58),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "nfsservctl": (180, 42), "lookup_dcookie": (212, 18),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "mount_setattr": (442, 442),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "open_tree_attr": (467, 467),
}  # fmt: skip
"""Refused system calls: their numbers on x86_64, and on aarch64 and riscv64."""
_OF_X86_64 = {"iopl": 172, "ioperm": 173, "uselib": 134, "ustat": 136, "sysfs": 139, "modify_ldt": 154}
_MOUNTING = {"mount": (165, 40), "open_tree": (428, 428), "move_mount": (429, 429)}
"""System calls by which a zygote's children build their walls, before they take the whole filter."""
_CHANGING_MODES = {
    "fchmodat": (268, 53), "fchmodat2": (452, 452), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "removexattr": (197, 14), "lremovexattr": (198, 15),
}  # fmt: skip
"""System calls that change the rights to a file by its path, from which no rule of Landlock keeps a program."""
_CHANGING_MODES_OF_X86_64 = {"chmod": 90, "chown": 92, "lchown": 94}
_UNSHARE, _CLONE, _CLONE3, _SOCKET, _IOCTL = (272, 97), (56, 220), (435, 435), (41, 198), (16, 29)


@dataclass(frozen=True, kw_only=True)
class _Architecture:
    audit: int
    """The kernel's name for it (AUDIT_ARCH)."""
    column: int
    """Which of two numbers a system call has."""


_ARCHITECTURES = {
    "x86_64": _Architecture(audit=0xC000003E, column=0),
    "aarch64": _Architecture(audit=0xC00000B7, column=1),
    "riscv64": _Architecture(audit=0xC00000F3, column=1),
}


def syscall_filter(
    *,
    forks_workers: bool = False,
    families: Sequence[int] = _FAMILIES,
    keeps_modes: bool = False,
    machine: str | None = None,
) -> bytes:
    """Return the filter for this machine, as an array of the kernel's `struct sock_filter`; empty where its numbers are not known.

    `forks_workers`: for a zygote, whose children make namespaces. `families`: of sockets that may be made. `keeps_modes`: whether the
    rights to files can't be changed by their paths."""
    architecture = _ARCHITECTURES.get(machine or platform.machine())
    if architecture is None:
        return b""
    column = architecture.column
    refused = [numbers[column] for numbers in _COMMON.values()]
    if column == 0:
        refused += _OF_X86_64.values()
    if keeps_modes:
        refused += [numbers[column] for numbers in _CHANGING_MODES.values()]
        refused += _CHANGING_MODES_OF_X86_64.values() if column == 0 else []
    if not forks_workers:
        refused += [numbers[column] for numbers in _MOUNTING.values()]
    unknown = _refuse(errno.ENOSYS)
    lines = [_load(_ARCHITECTURE), _step(_JUMP_EQUAL, architecture.audit, 1, 0), unknown, _load(_NUMBER)]
    if column == 0:
        lines += [_step(_JUMP_AT_LEAST, _X32, 0, 1), unknown]
    lines += [
        _step(_JUMP_EQUAL, _CLONE3[column], 0, 1),
        unknown,
    ]  # its flags can't be seen; the C library falls back on clone
    for number in sorted(refused):
        lines += [_step(_JUMP_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    lines += _unless(
        _CLONE[column], [_load(_FIRST_ARGUMENT), _step(_JUMP_BITS, _NAMESPACES, 0, 1), _refuse(errno.EPERM)]
    )
    if not forks_workers:
        namespaces = [_load(_FIRST_ARGUMENT), _step(_JUMP_BITS, _NAMESPACES, 0, 1), _refuse(errno.EPERM)]
        lines += _unless(_UNSHARE[column], namespaces)
    terminal = [_load(_SECOND_ARGUMENT)]
    for request in _INPUT_TO_TERMINAL:
        terminal += [_step(_JUMP_EQUAL, request, 0, 1), _refuse(errno.EPERM)]
    lines += _unless(_IOCTL[column], terminal)
    sockets = [_load(_FIRST_ARGUMENT)]
    for family in families:
        sockets += [_step(_JUMP_EQUAL, family, 0, 1), _allow()]
    lines += _unless(_SOCKET[column], [*sockets, _refuse(errno.EAFNOSUPPORT)])
    return b"".join([*lines, _allow()])


def _unless(number: int, then: Sequence[bytes]) -> list[bytes]:
    """The lines for the system call with this number, after which nothing more is looked at."""
    return [_step(_JUMP_EQUAL, number, 0, len(then) + 1), *then, _allow()]


def _load(offset: int) -> bytes:
    return _step(_LOAD, offset)


def _allow() -> bytes:
    return _step(_RETURN, _ALLOW)


def _refuse(number: int) -> bytes:
    return _step(_RETURN, _ERRNO | number)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
