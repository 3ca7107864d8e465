"""Consumers of processes: noted where it is started, by whatever starts it."""

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from unshelf.contracts.metering.usage import Consumer

HOST = Consumer(kind="platform", name="host")
_current: ContextVar[Consumer] = ContextVar("consumer", default=HOST)


@contextlib.contextmanager
def metered_as(consumer: Consumer) -> Iterator[None]:
    """Have processes that the block starts, and resources that it takes, counted as this consumer's; tasks begun in it too."""
    token = _current.set(consumer)
    try:
        yield
    finally:
        _current.reset(token)


@dataclass(kw_only=True)
class StartedProcess:
    """A process that was started, and whose use it is."""

    pid: int
    parent: int
    """The process that started it: 0 stands for this one."""
    own: Consumer
    below: Consumer
    """The consumer of its children."""


@dataclass(eq=False)
class Hold:
    """Resources of a tier that are held."""

    consumer: Consumer
    gpus: int
    since: float = field(default_factory=time.monotonic)
    until: float | None = None


class Consumers:
    """Processes that were started, and resources that are held, until the meter has seen them."""

    def __init__(self) -> None:
        self._started: dict[int, StartedProcess] = {}
        self._finals: dict[int, float] = {}
        self._holds: list[Hold] = []

    def started(self, pid: int, *, parent: int = 0, own: Consumer | None = None, below: Consumer | None = None) -> None:
        """Note a process of the current consumer; `own`, `below`: of others than that. `parent`: as in StartedProcess."""
        consumer = _current.get()
        self._started[pid] = StartedProcess(pid=pid, parent=parent, own=own or consumer, below=below or own or consumer)

    def hold(self, gpus: int = 0) -> Hold:
        """Note that the current consumer holds resources; `end` ends it."""
        hold = Hold(_current.get(), gpus)
        self._holds.append(hold)
        return hold

    def end(self, hold: Hold) -> None:
        """Note the end of a hold. A second time is no error."""
        if hold.until is None:
            hold.until = time.monotonic()

    def finished(self, pid: int, cpu_seconds: float) -> None:
        """Note the CPU time of all below a process in the end, where that is known from elsewhere; before it is waited for."""
        self._finals[pid] = cpu_seconds

    def take_started(self) -> list[StartedProcess]:
        """Return what was started since the last time."""
        found, self._started = list(self._started.values()), {}
        return found

    def take_finals(self) -> dict[int, float]:
        """Return what was noted as finished since the last time, by pid."""
        found, self._finals = self._finals, {}
        return found

    def take_held(self, moment: float) -> list[tuple[Consumer, float, int]]:
        """Return what was held since the last time up to this moment (monotonic): whose, seconds, GPUs."""
        found = []
        for hold in self._holds:
            until = min(moment, hold.until) if hold.until is not None else moment
            if until > hold.since:
                found.append((hold.consumer, until - hold.since, hold.gpus))
                hold.since = until
        self._holds = [hold for hold in self._holds if hold.until is None or hold.until > hold.since]
        return found


consumers = Consumers()
"""The consumers of this process: a host is one process, and processes are started in many places."""


def current() -> Consumer:
    """Return the consumer that what is started now is counted as."""
    return _current.get()
