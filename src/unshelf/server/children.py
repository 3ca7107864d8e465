"""Children: starting a process that ends when its parent does, watching it, starting it again when it dies."""

import contextlib
import logging
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from unshelf.runtime.heartbeat import HeartbeatWatch
from unshelf.runtime.lifecycle import LEAVE_SIGNAL

_SETTLED_SECONDS = 10.0
"""A child that lived so long was well: its next restart is immediate again."""
_LONGEST_PAUSE = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ChildPlan:
    """How a child is started."""

    name: str
    """For people and logs: `control`, `gateway 0`, `host`."""
    command: tuple[str, ...]
    fds: tuple[int, ...] = ()
    """Descriptors it inherits under the same numbers."""
    stop_seconds: float
    """How long it may take to end after SIGTERM before it is killed."""
    heartbeat: str = ""
    """The file that it touches while it is well, below its working folder; empty: nobody looks whether it is."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for this child alone: secrets, which other users can read on a command line but not here."""


class ChildProcess(Protocol):
    """A child process: one that we started, or one that a supervisor started in whose place we are. See subprocess.Popen."""

    @property
    def pid(self) -> int:
        """The process id."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status. Raises subprocess.TimeoutExpired."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal. One that has ended is no error."""


class Child:
    """One process that shall always be there, until it is stopped.

    Its standard input is a pipe that this process holds open: when this one dies, however it dies, the child reads end of
    file. What it prints on standard output goes to standard error, where the logs are."""

    def __init__(
        self, plan: ChildPlan, folder: Path, environment: Mapping[str, str], *, on_death: Callable[["Child"], None]
    ) -> None:
        self.plan = plan
        self.failures = 0
        """Deaths in a row, each within seconds of its start."""
        self.restart_at: float | None = None
        """When to start it again; None while it runs."""
        self.is_leaving = False
        """Whether it was asked to go for good: its end is no death."""
        self.leave_by = math.inf
        """When it is asked to stop if it has not left by then (monotonic)."""
        self._folder = folder
        self.environment = environment
        """The variables that it has beside those of its plan."""
        self._on_death = on_death
        self._heartbeat = HeartbeatWatch(folder / plan.heartbeat) if plan.heartbeat else None
        self._process: ChildProcess | None = None
        self._lifeline = -1
        self._started_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def lifeline(self) -> int:
        """The descriptor that it lives by, while it runs."""
        return self._lifeline

    def start(self) -> None:
        """Start it; `on_death` is called with it after its death, on a thread of its own."""
        if self._heartbeat is not None:
            self._heartbeat.reset()
        theirs, ours = os.pipe()  # neither end is inheritable, so that no other child can hold this lifeline open
        try:
            process = subprocess.Popen(
                self.plan.command,
                stdin=theirs,
                stdout=2,
                cwd=self._folder,
                env={**self.environment, **self.plan.environment},
                pass_fds=self.plan.fds,
                process_group=0,  # Ctrl-C reaches the supervisor alone, which then stops them in order
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self.adopt(process, ours)
        logger.info("process started", extra={"child": self.plan.name, "pid": process.pid})

    def adopt(self, process: ChildProcess, lifeline: int) -> None:
        """Take a process that runs by this plan for this child; `lifeline`: our end of its standard input."""
        self._process, self._lifeline = process, lifeline
        self._started_at, self.restart_at = time.monotonic(), None
        threading.Thread(target=self._watch, args=(process,), name=f"watch {self.plan.name}", daemon=True).start()

    def buried(self) -> int:
        """Take note of its death and of when to start it again; gives its exit status (negative: the signal)."""
        if self._process is None:
            raise RuntimeError(f"{self.plan.name} was never started")
        status = self._process.wait()
        os.close(self._lifeline)
        self._process = None
        settled = time.monotonic() - self._started_at > _SETTLED_SECONDS
        self.failures = 1 if settled else self.failures + 1
        pause = 0.0 if self.failures == 1 else min(_LONGEST_PAUSE, 0.1 * 2 ** min(self.failures, 10))
        self.restart_at = None if self.is_leaving else time.monotonic() + pause
        return status

    def end_if_silent(self) -> bool:
        """Look whether it is well, and kill it when it lives without answering; tells whether it was killed."""
        if self._process is None or self.is_leaving or self._heartbeat is None or not self._heartbeat.is_silent():
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._heartbeat.reset()
        return True

    def ask_to_stop(self) -> None:
        """SIGTERM, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def leave(self, number: int = LEAVE_SIGNAL, *, seconds: float = math.inf) -> None:
        """Have it go for good by this signal: another takes its place. After `seconds` it is asked to stop."""
        self.is_leaving, self.restart_at = True, None
        self.leave_by = time.monotonic() + seconds
        if self._process is not None:
            self._process.send_signal(number)

    def hurry(self) -> None:
        """End it if it should have left by now: one that takes requests in is asked to stop first, and has the time for that."""
        late = time.monotonic() - self.leave_by
        if self._process is None or late < 0:
            return
        if self.plan.fds and late < self.plan.stop_seconds:
            self._process.send_signal(signal.SIGTERM)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def await_end(self, asked_at: float) -> bool:
        """Wait for its end as long as it may take from that moment (monotonic), then kill it; whether it ended unforced."""
        if self._process is None:
            return True
        in_time = True
        try:
            self._process.wait(max(0.0, asked_at + self.plan.stop_seconds - time.monotonic()))
        except subprocess.TimeoutExpired:
            in_time = False
            with contextlib.suppress(ProcessLookupError):  # it and its group ended at the last moment
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._lifeline)
        self._process = None
        return in_time

    def _watch(self, process: ChildProcess) -> None:
        process.wait()
        self._on_death(self)
