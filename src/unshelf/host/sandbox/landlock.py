"""Landlock: rules by which a program without rights gives up files, for machines that allow no namespaces.

It hides nothing: what is refused is there, and says so. Nor does it bound what a program takes, or keep it from reading what is at a
path's name: that there is a file, and how large it is."""

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Iterable

from . import syscalls

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEVICE = 1 << 14, 1 << 15
_READING = _EXECUTE | _READ_FILE | _READ_FOLDER
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_RIGHTS_BY_VERSION = (13, 14, 15, 15, 16)
"""How many of the rights the versions of Landlock know; later ones as many as the last."""
_SCOPES = 0b11
"""Abstract sockets and signals stay among those under the same rules (from version 6 on)."""
_SCOPES_SINCE = 6


def version() -> int:
    """The version of Landlock that this kernel has; 0: none, or it is switched off."""
    try:
        return syscalls.landlock_version()
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            raise
        return 0


def scopes_signals() -> bool:
    """Whether a program under rules can't signal those that are not."""
    return version() >= _SCOPES_SINCE


def restrict(*, read: Iterable[str], write: Iterable[str]) -> None:
    """Leave this process, and all that it starts, these files and folders to read and execute, and those to write; what is not there is
    passed over. Needs that no new privileges can be had. Raises OSError."""
    known = version()
    if not known:
        raise OSError(errno.ENOSYS, "the kernel has no Landlock")
    rights = (1 << _RIGHTS_BY_VERSION[min(known, len(_RIGHTS_BY_VERSION)) - 1]) - 1
    scopes = _SCOPES if known >= _SCOPES_SINCE else 0
    rules = syscalls.landlock_rules(struct.pack("=QQQ", rights, 0, scopes)[: 24 if scopes else 8])
    try:
        for paths, wanted in ((read, _READING), (write, rights)):
            for path in paths:
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    _allow(rules, path, wanted & rights)
        syscalls.landlock_restrict(rules)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        syscalls.landlock_allow(rules, struct.pack("=Qi", rights, place))
    finally:
        os.close(place)
