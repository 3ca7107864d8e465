"""Listening sockets that come out of sandboxes. Programs in there may have them too, or send anything else instead: whatever they do with
them, nobody waits."""

import contextlib
import os
import signal
import socket
import struct

from unshelf.contracts.network.grants import MOST_GRANTS

_MESSAGE_BYTES = 1 << 16
_SECONDS = 0.05
_NO_LINGER = struct.pack("ii", 0, 0)


def receive_listeners(channel: socket.socket) -> list[socket.socket]:
    """Take the listening sockets that were sent on a channel; none where there is anything else among what was sent. Raises OSError."""
    _, descriptors, _, _ = socket.recv_fds(channel, _MESSAGE_BYTES, MOST_GRANTS + 1)
    listeners: list[socket.socket] = []
    for number, descriptor in enumerate(descriptors):
        given = _listening(descriptor)
        if given is None:
            for each in (*descriptors[number:], *(listener.detach() for listener in listeners)):
                _drop(each)
            return []
        listeners.append(given)
    return listeners


def bound_waiting() -> None:
    """Have `accept_now` end. To be called once, in the main thread of a process that uses no alarm for anything else."""
    signal.signal(signal.SIGALRM, _stop_waiting)


def accept_now(listener: socket.socket) -> socket.socket:
    """Take a connection that waits, for an event loop. Raises OSError, soon even where there is none: whether a socket blocks is a
    property of its own, which every program that has it can change."""
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        connection, _ = listener.accept()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    connection.setblocking(False)
    return connection


def _stop_waiting(*_: object) -> None:
    raise TimeoutError("nobody connects")


def _listening(descriptor: int) -> socket.socket | None:
    try:
        given = socket.socket(fileno=descriptor)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        is_listening = given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if is_listening and given.family in (socket.AF_INET, socket.AF_INET6):
            given.setblocking(False)
            return given
    given.detach()
    return None


def _drop(descriptor: int) -> None:
    """Close what was sent, without waiting for what it may have to deliver first."""
    with contextlib.suppress(OSError):
        given = socket.socket(fileno=descriptor)
        with contextlib.suppress(OSError):
            given.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        given.detach()
    os.close(descriptor)
