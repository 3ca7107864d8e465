"""The zygote: a warm process of one environment. It imports what the environment's models need, then forks workers from itself.

It has one thread, and speaks with the host over a socket of whole messages (zygote_messages.py). When the host is gone the zygote
ends; its children have lifelines of their own.

In a sandbox (walls.py) two more processes stand between zygote and worker: a go-between, which makes the namespaces and ends, and
process 1 of these, which reaps orphans, tells the host of the worker's end, and with which everything in them ends."""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..loaders import loader_modules
from .walls import WallsRefused, adopt_orphans, bound, enter_namespaces, hide_from_worker, mount_own_files
from .zygote_messages import ForkOrder, ended, forked, read_fork_request, ready, refused

_MESSAGE_BYTES = 1 << 18
_OF_A_WORKER = 5
_WITH_WALLS = _OF_A_WORKER + 2
_MOST_GROUPS = 4
_DESCRIPTORS = _WITH_WALLS + _MOST_GROUPS


class ForkedChild:
    """Descriptors that a forked child goes on with; its lifeline is its standard input, as in a worker that was started from nothing."""

    def __init__(self, listen_fd: int, report_fd: int) -> None:
        self.listen_fd = listen_fd
        self.report_fd = report_fd


class ZygoteServer:
    """Serves fork requests until the host is gone."""

    def __init__(self, control: socket.socket, modules: Iterable[str], kinds: Iterable[str]) -> None:
        self._control = control
        self._tried: set[str] = set()
        self._workers: dict[int, int] = {}
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        self._warm([*loader_modules(kinds), *modules])

    def run(self) -> "ForkedChild | None":
        """Fork on request. Returns in each child its descriptors, and in the zygote, when the host is gone, None."""
        self._send(ready())
        while True:
            readable, _, _ = select.select([self._control.fileno(), self._wake], [], [])
            if self._wake in readable:
                os.read(self._wake, 4096)
                self._reap()
            if self._control.fileno() in readable:
                message, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, _DESCRIPTORS)
                if not message:
                    return None
                request = read_fork_request(message)
                self._warm(request.modules)
                if self._fork(request, descriptors):
                    if request.walled:
                        os.close(descriptors[_OF_A_WORKER - 1])  # process 1 holds it; it is a folder of the machine
                    return self._become_worker(request.scratch, *descriptors[: _OF_A_WORKER - 1])

    def _warm(self, modules: Iterable[str]) -> None:
        """Import what is not imported yet. What can't be imported is the worker's to complain of, when it needs it."""
        missing = [name for name in modules if name not in sys.modules and name not in self._tried]
        self._tried.update(missing)
        for name in missing:
            try:
                importlib.import_module(name)
            except BaseException as error:  # a module may raise anything, sys.exit() included
                sys.stderr.write(f"could not import {name} in advance: {type(error).__name__}: {error}\n")
        if missing:
            gc.collect()
            gc.freeze()  # collections in children must not touch, and thereby copy, what they share

    def _fork(self, request: ForkOrder, descriptors: "list[int]") -> bool:
        """Whether this is the worker."""
        sys.stdout.flush()
        sys.stderr.flush()
        if request.walled:
            adopt_orphans()
        child = os.fork()
        if child == 0:
            return self._fork_behind_walls(request, descriptors) if request.walled else True
        if not request.walled:
            self._workers[child] = request.id
            self._tell_of(child, request.id)
        for descriptor in descriptors:
            os.close(descriptor)
        return False

    def _fork_behind_walls(self, request: ForkOrder, descriptors: "list[int]") -> bool:
        """In the go-between: whether this is the worker. Go-between and process 1 do not return."""
        number = request.id
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            enter_namespaces(own_network=request.network == "none")
            if os.fork() == 0:
                os.setsid()  # who kills the zygote's process group means the zygote
                mount_own_files(*descriptors[_OF_A_WORKER:_WITH_WALLS], shared_bytes=request.shared_bytes)
                worker = os.fork()
                if worker == 0:
                    for group in descriptors[_WITH_WALLS:]:
                        os.write(group, b"0")
                        os.close(group)
                    bound(request.processes, request.shared_bytes, request.filter)
                    return True
                self._tell_of(worker, number)
                self._wait_for(worker, number, kept=descriptors[_OF_A_WORKER - 1])
        except (WallsRefused, OSError) as error:
            self._send(refused(number, f"{error} is not allowed here"))
        os._exit(0)

    def _wait_for(self, worker: int, number: int, *, kept: int) -> None:
        """In process 1: reap what ends until the worker does. Only descriptors that are needed stay open: pipes end with it."""
        needed = {self._control.fileno(), kept}
        for entry in list(Path("/proc/self/fd").iterdir()):
            if int(entry.name) not in needed:
                with contextlib.suppress(OSError):
                    os.close(int(entry.name))
        hide_from_worker()
        while True:
            child, status = os.wait()
            if child == worker:
                self._send(ended(number, os.waitstatus_to_exitcode(status)))
                return

    def _tell_of(self, worker: int, number: int) -> None:
        handle = os.pidfd_open(worker)  # before it is reaped, so that it surely is this child's
        self._send(forked(number), [handle])
        os.close(handle)

    def _become_worker(self, scratch: str, listen_fd: int, report_fd: int, lifeline: int, log: int) -> ForkedChild:
        """In the child: leave the zygote's session, folder, log and signals behind."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        os.close(self._wake)
        os.close(self._woken)
        for source, target in ((lifeline, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.close(lifeline)
        os.close(log)
        os.chdir(scratch)
        os.environ.update(HOME=scratch, TMPDIR=scratch)
        tempfile.tempdir = None
        _reseed()
        return ForkedChild(listen_fd, report_fd)

    def _reap(self) -> None:
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not child:
                return
            number = self._workers.pop(child, None)
            if number is not None:
                self._send(ended(number, os.waitstatus_to_exitcode(status)))

    def _send(self, message: bytes, descriptors: Iterable[int] = ()) -> None:
        try:
            socket.send_fds(self._control, [message], list(descriptors))
        except OSError:  # the host is gone, which the next read shows
            return


def _note(*_: object) -> None:
    """Signals come by the wake-up descriptor."""


def _reseed() -> None:
    """Give the child random numbers of its own; Python's own generator does so at each fork."""
    if (numpy := sys.modules.get("numpy.random")) is not None:
        numpy.seed()
    if (torch := sys.modules.get("torch")) is not None:
        torch.seed()
