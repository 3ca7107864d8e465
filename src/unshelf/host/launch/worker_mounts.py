"""Mounts for forked workers: their bundles and their temporary folders, as descriptors that a zygote's child attaches.

A host that is root makes them itself. One that is not has no right to, so a process of it makes them in a namespace of users, where it
has: `python -m unshelf.host.launch.worker_mounts`, which answers on its standard input until the host is gone."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from unshelf.host.sandbox import syscalls
from unshelf.host.sandbox.files import bundle_mount, temporary_mount

_MESSAGE_BYTES = 1 << 16
_MOUNTS = 2
_SECONDS = 20.0


def make_mounts(bundle: Path, user: int, size: int, seen: Sequence[Path]) -> list[int]:
    """Return descriptors of mounts of a worker's bundle and of its temporary folder. Raises OSError."""
    first = bundle_mount(bundle)
    try:
        return [first, temporary_mount(user, size, seen)]
    except OSError:
        os.close(first)
        raise


class MountHelper:
    """The process that makes mounts for a host without rights; started when it is first needed, and again when it is gone."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def make(self, bundle: Path, user: int, size: int, seen: Sequence[Path]) -> list[int]:
        """Return the descriptors that `make_mounts` does; blocks for a millisecond, and for a start of Python the first time. Raises
        OSError."""
        question = json.dumps([str(bundle), user, size, [str(path) for path in seen]]).encode()
        for _ in range(2):
            try:
                answer, descriptors, _, _ = self._ask(question)
            except ConnectionError:
                answer, descriptors = b"", []
            if answer == b"made":
                return descriptors
            if answer:
                raise PermissionError(answer.decode())
            self.close()
        raise ConnectionError("the process that makes mounts does not answer")

    def _ask(self, question: bytes) -> tuple[bytes, list[int], int, object]:
        if self._socket is None:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._socket.settimeout(_SECONDS)
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "unshelf.host.launch.worker_mounts"], stdin=theirs.fileno()
                )
        self._socket.send(question)
        return socket.recv_fds(self._socket, _MESSAGE_BYTES, _MOUNTS)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def serve(asked: socket.socket) -> None:
    """Make mounts until nobody asks any more; an answer is `made`, with the descriptors, or what was refused."""
    with contextlib.suppress(ConnectionError):
        while question := asked.recv(_MESSAGE_BYTES):
            bundle, user, size, seen = json.loads(question)
            try:
                descriptors = make_mounts(Path(bundle), user, size, [Path(path) for path in seen])
            except OSError as error:
                asked.send(str(error).encode())
                continue
            socket.send_fds(asked, [b"made"], descriptors)
            for descriptor in descriptors:
                os.close(descriptor)


def main() -> None:
    """Enter namespaces in which this user may mount, and serve."""
    asked = socket.socket(fileno=0)
    user, group = os.getuid(), os.getgid()
    try:
        syscalls.unshare(syscalls.NEW_USERS | syscalls.NEW_MOUNTS)
        syscalls.map_own_user(user, group)
    except OSError as error:
        asked.send(f"namespaces of users: {error}".encode())
        return
    serve(asked)


if __name__ == "__main__":
    main()
