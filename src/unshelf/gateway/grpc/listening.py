"""The sockets of one port that a library in this process listens on without a way to close them alone."""

import array
import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

_OPEN_FILES = Path("/proc/self/fd")
_SO_ATTACH_FILTER = 26
_HANDSHAKE_SECONDS = 0.5
"""Longer than a caller far away takes to finish opening a connection, shorter than the second after which it is tried again."""
_ACCEPT_SECONDS = 5.0
_LOOK_SECONDS = 0.01
_QUEUED_AT = 24
"""Where `struct tcp_info` says how many connections wait to be accepted (`tcpi_unacked` of a socket that listens)."""
_FLAGS_AT, _SYN, _SYN_OR_ACK = 13, 0x02, 0x12
_LOAD_BYTE, _AND, _JUMP_IF_EQUAL, _RETURN = 0x30, 0x54, 0x15, 0x06
_NO_NEW_CONNECTIONS = array.array(
    "B",
    b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (_LOAD_BYTE, 0, 0, _FLAGS_AT),
            (_AND, 0, 0, _SYN_OR_ACK),
            (_JUMP_IF_EQUAL, 0, 1, _SYN),
            (_RETURN, 0, 0, 0),
            (_RETURN, 0, 0, 0xFFFFFFFF),
        )
    ),
)
"""Classic BPF over a TCP segment: drop those that ask for a connection."""


class ListeningSockets:
    """The listening sockets of one TCP port that this process has, beside those of other processes (SO_REUSEPORT)."""

    def __init__(self, port: int) -> None:
        """Find them; no other thread may be opening or closing files of that port meanwhile."""
        self._port = port
        self._files = [file for file in _open_files() if _asked(file, self._is_listening)]

    def __len__(self) -> int:
        return len(self._files)

    async def close(self) -> None:
        """Leave new connections to the other processes, without resetting one.

        A socket that closes resets connections that wait in its queue. So the kernel is first made to ignore who begins to connect, and
        will try again after a second; then all that began before is accepted."""
        loop = asyncio.get_running_loop()
        for file in self._files:
            _asked(file, _ignore_new_connections)
        await asyncio.sleep(_HANDSHAKE_SECONDS)
        until = loop.time() + _ACCEPT_SECONDS
        while any(_asked(file, _has_queue) for file in self._files) and loop.time() < until:  # noqa: ASYNC110 - the kernel's
            await asyncio.sleep(_LOOK_SECONDS)
        for file in self._files:
            _close_behind(file)
        self._files = []

    def connections(self) -> int:
        """Count the connections on the port that this process has open."""
        return sum(_asked(file, self._is_of_port) for file in _open_files()) - len(self._files)

    def _is_listening(self, found: socket.socket) -> bool:
        return self._is_of_port(found) and bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))

    def _is_of_port(self, found: socket.socket) -> bool:
        is_tcp = found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM
        return is_tcp and bool(found.getsockname()[1] == self._port)


def _open_files() -> Iterator[int]:
    for file in list(_OPEN_FILES.iterdir()):
        with contextlib.suppress(OSError):  # closed since
            if str(file.readlink()).startswith("socket:"):
                yield int(file.name)


def _asked(file: int, question: Callable[[socket.socket], bool]) -> bool:
    """The answer of an open file that stays its owner's: False where it is closed by now, or no socket."""
    with contextlib.suppress(OSError):
        lent = socket.socket(fileno=file)
        try:
            return question(lent)
        finally:
            lent.detach()
    return False


def _ignore_new_connections(listener: socket.socket) -> bool:
    address, length = _NO_NEW_CONNECTIONS.buffer_info()
    program = struct.pack("HP", length // struct.calcsize("HBBI"), address)
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    return True


def _has_queue(listener: socket.socket) -> bool:
    information = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _QUEUED_AT + 4)
    return bool(struct.unpack_from("I", information, _QUEUED_AT)[0])


def _close_behind(file: int) -> None:
    """Close a socket, and leave in its place one that nobody connects to: its owner goes on waiting, and closes that one in the end.

    Shut down, it would wake its owner with an error, which the log would have."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as idle:
        idle.bind("")  # a name that the kernel chooses
        idle.listen(0)
        os.dup2(idle.fileno(), file, inheritable=False)
