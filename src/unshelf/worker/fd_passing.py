"""Bodies that are handed over: their bytes stay in the gateway's memory, and what comes is a descriptor with which it is read."""

import errno
import fcntl
import mmap
import os
import socket
import struct
from collections import deque
from typing import Any

from .frames import HANDED

_INT = struct.Struct("@i")
ANCILLARY_BYTES = socket.CMSG_SPACE(_INT.size)
"""Room for one descriptor: no frame comes with more, and those that find no room the system closes."""
CLOSE_ON_EXEC: int = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
_GET_SEALS: int = getattr(fcntl, "F_GET_SEALS", 1034)
_SEALS = getattr(fcntl, "F_SEAL_SHRINK", 2) | getattr(fcntl, "F_SEAL_WRITE", 8)
"""Without these the memory could change while it is read, or end before its end, which would end the worker."""
_FLAGS = mmap.MAP_PRIVATE | getattr(mmap, "MAP_POPULATE", 0)
"""Linux before 6.7 lets nobody share what is sealed, not even to read it; nothing is copied so either."""


class NotHanded(Exception):
    """The descriptor that a frame announces did not come, or is not as announced."""


class Descriptors:
    """Descriptors that came on a connection and whose frames were not read yet, in their order."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: deque[int] = deque()

    def came(self, ancillary: list[tuple[int, int, bytes]], flags: int) -> bool:
        """Keep the descriptors that came beside the bytes; `flags` are the message's. False when it is not one descriptor."""
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                whole = len(data) - len(data) % _INT.size
                self.waiting.extend(fd for (fd,) in _INT.iter_unpack(data[:whole]))
        return not flags & socket.MSG_CTRUNC

    def take(self, payload: bytes) -> Any:
        """The body that the frame with this payload came with, as memory that can only be read. Raises NotHanded and MemoryError."""
        if len(payload) != HANDED.size or not self.waiting:
            raise NotHanded
        (size,) = HANDED.unpack(payload)
        descriptor = self.waiting.popleft()
        try:
            return _map(descriptor, size)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """None of them is wanted any more."""
        while self.waiting:
            os.close(self.waiting.popleft())


def _map(descriptor: int, size: int) -> mmap.mmap:
    try:
        if fcntl.fcntl(descriptor, _GET_SEALS) & _SEALS != _SEALS or os.fstat(descriptor).st_size != size:
            raise NotHanded
        return mmap.mmap(descriptor, size, flags=_FLAGS, prot=mmap.PROT_READ)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from error
        raise NotHanded from error
    except ValueError as error:  # a body of nothing can't be mapped
        raise NotHanded from error
