"""The zygote: a warm process of one environment. It imports what the environment's models need, then forks workers from itself.

It has one thread, and speaks with the host over a socket of whole messages: each is a JSON object. From the host: `{"id",
"modules", "scratch"}` with the descriptors of a worker (listening socket, report, lifeline, log). To the host: `ready`,
`forked` with the child's pidfd, `ended` with its status. When the host is gone the zygote ends; its children have
lifelines of their own."""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable
from typing import Any

from .loaders import LOADERS

_MESSAGE_BYTES = 1 << 18
_DESCRIPTORS = 4


class Hatched:
    """What a forked child goes on with; its lifeline is its standard input, as in a worker that was started from nothing."""

    def __init__(self, listen_fd: int, report_fd: int) -> None:
        self.listen_fd = listen_fd
        self.report_fd = report_fd


class Zygote:
    """Serves fork requests until the host is gone."""

    def __init__(self, control: socket.socket, modules: Iterable[str], kinds: Iterable[str]) -> None:
        self._control = control
        self._tried: set[str] = set()
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        self._warm([*(f"{__package__}.loaders{LOADERS[kind]}" for kind in kinds if kind in LOADERS), *modules])

    def run(self) -> "Hatched | None":
        """Fork for whoever asks. Returns in each child with what it is to serve, and in the zygote, when the host is gone, None."""
        self._tell("ready")
        while True:
            readable, _, _ = select.select([self._control.fileno(), self._wake], [], [])
            if self._wake in readable:
                os.read(self._wake, 4096)
                self._reap()
            if self._control.fileno() in readable:
                message, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, _DESCRIPTORS)
                if not message:
                    return None
                request = json.loads(message)
                self._warm(request["modules"])
                if self._fork(request["id"], descriptors):
                    return self._hatch(request["scratch"], *descriptors)

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

    def _fork(self, number: int, descriptors: list[int]) -> bool:
        """Whether this is the child."""
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            return True
        for descriptor in descriptors:
            os.close(descriptor)
        handle = os.pidfd_open(child)  # before it is reaped, so that it surely is this child's
        self._tell("forked", [handle], id=number, pid=child)
        os.close(handle)
        return False

    def _hatch(self, scratch: str, listen_fd: int, report_fd: int, lifeline: int, log: int) -> Hatched:
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
        return Hatched(listen_fd, report_fd)

    def _reap(self) -> None:
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not child:
                return
            self._tell("ended", pid=child, status=os.waitstatus_to_exitcode(status))

    def _tell(self, event: str, descriptors: Iterable[int] = (), **fields: Any) -> None:
        try:
            socket.send_fds(self._control, [json.dumps({"event": event, **fields}).encode()], list(descriptors))
        except OSError:  # the host is gone, which the next read tells
            return


def _note(*_: object) -> None:
    """Signals come by the wake-up descriptor."""


def _reseed() -> None:
    """Give the child random numbers of its own; Python's own generator does so by itself."""
    if (numpy := sys.modules.get("numpy.random")) is not None:
        numpy.seed()
    if (torch := sys.modules.get("torch")) is not None:
        torch.seed()
