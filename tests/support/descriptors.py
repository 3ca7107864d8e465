"""Bodies handed over by descriptor."""

import fcntl
import os
import socket

from unshelf.contracts.protocols.frames import ARROW, BODY_BY_FD, PREDICT, REQUEST

BODY = bytes(range(256)) * 8192


ALL_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def memory(content: bytes = BODY, seals: int = ALL_SEALS) -> int:
    """The descriptor of a memory with this content."""
    descriptor = os.memfd_create("test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.pwrite(descriptor, content, 0)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def frame(number: int, payload: bytes, *, kind: int = PREDICT, protocol: int = ARROW, flags: int = BODY_BY_FD) -> bytes:
    return REQUEST.pack(REQUEST.size - 4 + len(payload), number, kind, protocol, flags, 0) + payload


def hand(ours: socket.socket, data: bytes, *descriptors: int) -> None:
    """Send these bytes with these descriptors, which are closed then."""
    sent = socket.send_fds(ours, [data], list(descriptors)) if descriptors else ours.send(data)
    assert sent == len(data)
    for descriptor in descriptors:
        os.close(descriptor)
