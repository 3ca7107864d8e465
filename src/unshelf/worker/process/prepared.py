"""Workers that a zygote forks ahead of their order: behind walls already, they wait to hear what they are for.

Forking a process as large as a zygote takes the system milliseconds, and a worker with walls takes three forks: a *go-between*, which
makes the namespaces and ends; *process 1* of these, which reaps orphans, tells the host of the worker's end, and with which
everything in them ends; and the worker. All of that is done before anybody waits for it. What belongs to one version comes with
the order: its mounts, its control groups, its bounds and its filter of system calls."""

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .network import send_listeners
from .walls import (
    WallsRefused,
    adopt_orphans,
    bound,
    enter_namespaces,
    give_up_rights,
    hide_from_worker,
    mount_own_files,
)
from .zygote_messages import ForkOrder, ended, forked, read_fork_request, refused

_MESSAGE_BYTES = 1 << 18
_STANDARD = (0, 1, 2)
OF_A_WORKER = 4
"""The listening socket, the report, the lifeline and the log."""
_LOCK = OF_A_WORKER
_MOUNTS = slice(_LOCK + 1, _LOCK + 3)
_MOST_GROUPS = 4
_CHANNEL = _MOUNTS.stop
"""For its listening sockets, where it has some; control groups come last."""
MOST_DESCRIPTORS = OF_A_WORKER + 1 + 2 + 1 + _MOST_GROUPS


class WorkerOrder(NamedTuple):
    """Order for a forked worker: what it is to be."""

    request: ForkOrder
    descriptors: "list[int]"
    """Descriptors of a worker; others are closed, or stay with process 1."""


class PreparedWorker:
    """The zygote's end of a worker that waits. It goes when the zygote does."""

    def __init__(self, channel: socket.socket, network: str) -> None:
        self.network = network
        self._channel = channel

    def order(self, message: bytes, descriptors: "list[int]") -> bool:
        """Pass a request of the host on; whether it is there to take it. Serves once."""
        with self._channel:
            try:
                socket.send_fds(self._channel, [message], descriptors)
            except OSError:
                return False
            return True

    def close(self) -> None:
        """Let it go: nobody needs it."""
        self._channel.close()


def prepare(network: str, control: socket.socket, *, others: Iterable[int]) -> "PreparedWorker | WorkerOrder":
    """Fork a worker; returns in the zygote what waits, and in the worker, once it is asked for, its order. It has none of the `others`,
    which are descriptors.

    Process 1 answers the host on `control`; where the system refuses walls, that is the answer to the order."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sys.stdout.flush()
    sys.stderr.flush()
    adopt_orphans()
    if os.fork():
        theirs.close()
        return PreparedWorker(ours, network)
    for descriptor in (ours.detach(), *others):
        os.close(descriptor)
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        enter_namespaces(own_network=network == "none")
        if os.fork():
            os._exit(0)
        os.setsid()  # who kills the zygote's process group means the zygote
        waiting, to_worker = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        worker = os.fork()
        if worker:
            waiting.close()
            _Process1(theirs, to_worker, control, worker).run()
    except (WallsRefused, OSError) as error:
        _refuse(theirs, control, error)
    to_worker.close()
    theirs.close()
    return _await_order(waiting, control)


def _refuse(channel: socket.socket, control: socket.socket, error: Exception) -> None:
    """Stand in for the worker that can't be, until it is asked for."""
    message, _ = _receive(channel)
    if message:
        send(control, refused(read_fork_request(message).id, f"{error} is not allowed here"))
    os._exit(0)


class _Process1:
    """Process 1 of the worker's namespaces. It does not return."""

    def __init__(self, channel: socket.socket, to_worker: socket.socket, control: socket.socket, worker: int) -> None:
        self._channel = channel
        self._to_worker = to_worker
        self._control = control
        self._worker = worker
        self._handle = os.pidfd_open(worker)  # before it can be reaped, so that it surely is this child's

    def run(self) -> None:
        """Wait for the order, put up the last walls, let the worker go, and reap what ends until it does."""
        _keep_only({*_STANDARD, self._control.fileno(), self._channel.fileno(), self._to_worker.fileno(), self._handle})
        message, descriptors = _receive(self._channel)
        if not message:
            os._exit(0)
        request = read_fork_request(message)
        channel = (
            descriptors.pop(_CHANNEL) if request.listeners else -1
        )  # stays open: it says that something lives here
        try:
            if channel >= 0:
                send_listeners(channel, request.addresses, request.listeners)
            mount_own_files(*descriptors[_MOUNTS], shared_bytes=request.shared_bytes)
            give_up_rights()
            hide_from_worker()
            socket.send_fds(self._to_worker, [message], descriptors[:OF_A_WORKER] + descriptors[_MOUNTS.stop :])
        except (WallsRefused, OSError) as error:
            send(self._control, refused(request.id, f"{error} is not allowed here"))
            os._exit(0)
        send(self._control, forked(request.id), [self._handle])
        self._close_all_but(descriptors)
        while True:
            child, status = os.wait()
            if child == self._worker:
                send(self._control, ended(request.id, os.waitstatus_to_exitcode(status)))
                os._exit(0)

    def _close_all_but(self, descriptors: "list[int]") -> None:
        """Keep the lock of the worker's scratch folder, and what the host hears by: pipes end with the worker."""
        for descriptor in _STANDARD:
            os.close(descriptor)
        self._channel.close()
        self._to_worker.close()
        mounted = range(*_MOUNTS.indices(len(descriptors)))
        for place, descriptor in enumerate(descriptors):
            if place != _LOCK and place not in mounted:
                os.close(descriptor)
        os.close(self._handle)


def _await_order(waiting: socket.socket, control: socket.socket) -> WorkerOrder:
    """In the worker: give up all rights but the last ones to give up, and wait."""
    give_up_rights()
    message, descriptors = _receive(waiting)
    if not message:
        os._exit(0)
    waiting.close()
    request = read_fork_request(message)
    try:
        for group in descriptors[OF_A_WORKER:]:
            os.write(group, b"0")
            os.close(group)
        bound(request.processes, request.shared_bytes, request.filter)
    except (WallsRefused, OSError) as error:
        send(control, refused(request.id, f"{error} is not allowed here"))
        os._exit(0)
    return WorkerOrder(request, descriptors[:OF_A_WORKER])


def send(control: socket.socket, message: bytes, descriptors: Iterable[int] = ()) -> None:
    """Tell the host."""
    with contextlib.suppress(OSError):  # the host is gone, which the zygote's next read shows
        socket.send_fds(control, [message], list(descriptors))


def _receive(channel: socket.socket) -> "tuple[bytes, list[int]]":
    message, descriptors, _, _ = socket.recv_fds(channel, _MESSAGE_BYTES, MOST_DESCRIPTORS)
    return message, descriptors


def _keep_only(needed: "set[int]") -> None:
    for entry in list(Path("/proc/self/fd").iterdir()):
        if int(entry.name) not in needed:
            with contextlib.suppress(OSError):
                os.close(int(entry.name))
