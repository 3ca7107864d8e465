"""The zygote: a warm process of one environment. It imports what the environment's models need, then forks workers from itself.

It has one thread, and speaks with the host over a socket of whole messages (zygote_messages.py). When the host is gone the zygote
ends; its children have lifelines of their own. Workers in a sandbox are forked ahead (prepared.py)."""

import gc
import importlib
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable

from ..loaders import loader_modules
from .prepared import MOST_DESCRIPTORS, OF_A_WORKER, PreparedWorker, WorkerOrder, prepare, send
from .zygote_messages import ForkOrder, ended, forked, read_fork_request, ready, refused

_MESSAGE_BYTES = 1 << 18
_QUIET_SECONDS = 0.3
"""How long nothing is asked for before the next worker is forked ahead: the last one has answered its first caller by then."""
_ATTEMPTS = 2


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
        self._prepared: PreparedWorker | None = None
        self._network = ""
        """The network of the last worker with walls; empty: there was none."""
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        self._warm([*loader_modules(kinds), *modules])

    def run(self) -> "ForkedChild | None":
        """Fork on request. Returns in each child its descriptors, and in the zygote, when the host is gone, None."""
        send(self._control, ready())
        while True:
            waits = _QUIET_SECONDS if self._network and self._prepared is None else None
            readable, _, _ = select.select([self._control.fileno(), self._wake], [], [], waits)
            order = self._prepare() if not readable else None
            if self._wake in readable:
                os.read(self._wake, 4096)
                self._reap()
            if self._control.fileno() in readable:
                message, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, MOST_DESCRIPTORS)
                if not message:
                    return None
                request = read_fork_request(message)
                if self._warm(request.modules):
                    self._forget_prepared()
                order = (
                    self._fork_behind_walls(request, message, descriptors)
                    if request.walled
                    else self._fork(request, descriptors)
                )
            if order is not None:
                return self._become_worker(order)

    def _warm(self, modules: Iterable[str]) -> bool:
        """Import what is not imported yet; whether there was something. What can't be imported is the worker's to complain of, when
        it needs it."""
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
        return bool(missing)

    def _fork(self, request: ForkOrder, descriptors: "list[int]") -> "WorkerOrder | None":
        """Fork a worker; returns its order in the worker."""
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            return WorkerOrder(request, descriptors[:OF_A_WORKER])
        self._workers[child] = request.id
        handle = os.pidfd_open(child)  # before it is reaped, so that it surely is this child's
        send(self._control, forked(request.id), [handle])
        for descriptor in (handle, *descriptors):
            os.close(descriptor)
        return None

    def _fork_behind_walls(self, request: ForkOrder, message: bytes, descriptors: "list[int]") -> "WorkerOrder | None":
        """Give the order to the worker that waits, or to one that is forked now; returns it in such a one."""
        if request.network != self._network:
            self._forget_prepared()
        self._network = request.network
        for _ in range(_ATTEMPTS):
            if self._prepared is None and (order := self._prepare(descriptors)) is not None:
                return order
            prepared, self._prepared = self._prepared, None
            if prepared is not None and prepared.order(message, descriptors):
                break
        else:
            send(self._control, refused(request.id, "what was forked for it ended, so its walls"))
        for descriptor in descriptors:
            os.close(descriptor)
        return None

    def _prepare(self, others: Iterable[int] = ()) -> "WorkerOrder | None":
        """Fork a worker like the last one, without these descriptors; returns its order in the worker, once it is given."""
        prepared = prepare(self._network, self._control, others=others)
        if isinstance(prepared, WorkerOrder):
            return prepared
        self._prepared = prepared
        return None

    def _forget_prepared(self) -> None:
        if self._prepared is not None:
            self._prepared.close()
            self._prepared = None

    def _become_worker(self, order: WorkerOrder) -> ForkedChild:
        """In the child: leave the zygote's session, folder, log and signals behind."""
        listen_fd, report_fd, lifeline, log = order.descriptors
        scratch = order.request.scratch
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
                send(self._control, ended(number, os.waitstatus_to_exitcode(status)))


def _note(*_: object) -> None:
    """Signals come by the wake-up descriptor."""


def _reseed() -> None:
    """Give the child random numbers of its own; Python's own generator does so at each fork."""
    if (numpy := sys.modules.get("numpy.random")) is not None:
        numpy.seed()
    if (torch := sys.modules.get("torch")) is not None:
        torch.seed()
