"""A stand-in for the part of the host that runs jobs: attempts on paper, which end when a test says so."""

import threading
import time
from collections.abc import Callable, Mapping

from unshelf.contracts.protocols.host import Ack, Failed, FromHost, ToHost
from unshelf.contracts.protocols.jobs import (
    AttemptEnd,
    AttemptOrder,
    AttemptOutcome,
    AttemptOutput,
    Attempts,
    AttemptUsage,
    CancelAttempt,
    ForgetAttempts,
    JobAttempt,
    ReadAttemptOutput,
    StartAttempt,
    WatchAttempts,
)

_KINDS = (StartAttempt, CancelAttempt, WatchAttempts, ReadAttemptOutput, ForgetAttempts)
_LOOK_SECONDS = 0.5
Say = Callable[[FromHost], None]


class StandInJobs:
    """Attempts that run until `end` is called for them."""

    def __init__(self) -> None:
        self.orders: dict[tuple[str, int], AttemptOrder] = {}
        """The attempts that were begun, each once."""
        self.starts = 0
        """How often a start was asked for."""
        self.cancelled: list[tuple[str, int]] = []
        self.forgotten: list[tuple[str, int]] = []
        self.finished_jobs: list[str] = []
        self.fail_start: Failed | None = None
        self.printed: dict[tuple[str, int], bytes] = {}
        self._known: dict[tuple[str, int], JobAttempt] = {}
        self._changed = threading.Condition()
        self._version = 0

    def takes(self, request: ToHost) -> bool:
        """Whether a request is about jobs."""
        return isinstance(request, _KINDS)

    def end(
        self, job: str, number: int = 1, *, how: AttemptEnd = "exited", status: int | None = 0, **facts: object
    ) -> None:
        """Have an attempt end."""
        moment = time.time()
        usual: Mapping[str, object] = {
            "started_at": moment - 2, "ended_at": moment, "cpu_seconds": 1.5, "peak_memory_bytes": 1 << 20
        }  # fmt: skip
        outcome = AttemptOutcome(how=how, status=status, **{**usual, **facts})  # type: ignore[arg-type]
        self._change(JobAttempt(job=job, number=number, outcome=outcome))

    def measure(self, job: str, number: int, usage: AttemptUsage) -> None:
        """Have a measurement of an attempt be there."""
        self._change(JobAttempt(job=job, number=number, usage=usage))

    def answer(self, request: ToHost, say: Say) -> None:
        """Answer as the host does."""
        match request:
            case StartAttempt():
                say(self._start(request.order) or Ack(id=request.id))
            case CancelAttempt():
                self.cancelled.append((request.job, request.number))
                say(Ack(id=request.id))
            case WatchAttempts():
                self._watch(request.id, say)
            case ReadAttemptOutput():
                data = self.printed.get((request.job, request.number), b"")[request.offset :]
                say(AttemptOutput(id=request.id, data=data, is_over=False))
            case ForgetAttempts():
                for key in request.attempts:
                    self.forgotten.append(tuple(key))
                    self._known.pop(tuple(key), None)
                self.finished_jobs += request.jobs
                say(Ack(id=request.id))

    def _start(self, order: AttemptOrder) -> Failed | None:
        self.starts += 1
        if self.fail_start is not None:
            return self.fail_start
        key = (order.job, order.number)
        if key not in self.orders:
            self.orders[key] = order
            self._change(JobAttempt(job=order.job, number=order.number))
        return None

    def _change(self, attempt: JobAttempt) -> None:
        with self._changed:
            self._known[attempt.job, attempt.number] = attempt
            self._version += 1
            self._changed.notify_all()

    def _watch(self, id: int, say: Say) -> None:
        """Tell of everything at each change: that an attempt is told of twice is allowed. Ends with the sender, whose end is heard when
        it is written to."""
        seen = -1
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._version != seen, _LOOK_SECONDS)  # noqa: B023
                known = list(self._known.values()) if self._version != seen else []
                seen = self._version
            say(Attempts(id=id, attempts=known))
