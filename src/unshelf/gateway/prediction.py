"""One prediction on its way through the gateway: who asked what, where it went, and what came of it."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Protocol

import msgspec

from unshelf.contracts.bundle import Recording
from unshelf.contracts.problems import Problem
from unshelf.gateway.limits import Limiter
from unshelf.gateway.problems import Refused, encode_for_owner
from unshelf.gateway.redaction import Redaction
from unshelf.gateway.shared import SharedBody

REFERENCE_CHARACTERS = 200
_USUAL = Recording()
_process = int.from_bytes(os.urandom(4)) << 32
_numbers = count(int.from_bytes(os.urandom(3)))


def new_prediction_id() -> str:
    """28 hex digits that sort by time: milliseconds, this process (random), a running number."""
    return (time.time_ns() // 1_000_000 << 64 | _process | next(_numbers) & 0xFFFFFFFF).to_bytes(14, "big").hex()


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """A W3C trace: its id, the caller's span (empty: we began it), ours, and whether its spans are wanted."""

    trace_id: str
    parent_id: str
    span_id: str
    sampled: bool


class Carrier(Protocol):
    """What predictions are sent to a worker with."""

    def cancel(self, prediction: "Prediction") -> bool:
        """Take it back; tells whether it was still unanswered."""


class Prediction(msgspec.Struct, eq=False):
    """A request and, once it is settled, its recorded outcome.

    A struct, because it has more attributes than a plain object can keep in short, and most of them are never set."""

    key: str
    reference: str
    protocol: str
    content_type: str = ""
    kind: int = 0
    likeness: object = msgspec.field(default_factory=object)
    """Something that only those have, or what equals it, that are asked by one key for one model in one way."""
    time_ns: int = msgspec.field(default_factory=time.time_ns)
    started_ns: int = msgspec.field(default_factory=time.perf_counter_ns)
    id: str = msgspec.field(default_factory=new_prediction_id)
    model: str = ""
    version: int = 0
    recording: Recording = _USUAL
    redaction: Redaction | None = None
    generation: int = 0
    body: bytes = b""
    pieces: Sequence[bytes | memoryview] = ()
    """The whole body, when its record keeps only its beginning, which is then `body`."""
    shared: SharedBody | None = None
    """The same in memory that can be handed to a worker."""
    input_size: int = 0
    input_sha256: str = ""
    aside: asyncio.Task[None] | None = None
    """Work beside the prediction that its record waits for."""
    header: int = 0
    flags: int = 0
    """Of its frame."""
    trace: Trace | None = None
    limiters: tuple[Limiter, ...] = ()
    """Those that let it in and hold a place for it."""
    in_flight: bool = False
    """Whether it was given to its version, and counts as in flight there until it is settled."""
    attempts: int = 0
    sent_to: Carrier | None = None
    wire_id: int = 0
    due: set["Prediction"] | None = None
    """Those that end at the deadline of its version; it leaves them when it has its outcome."""
    timer: asyncio.TimerHandle | None = None
    """Ends it at a deadline of its own."""
    status: int = 0
    code: str = ""
    output: bytes = b""
    output_header: int = 0
    submitted_ns: int = 0
    """When it was given to its version; 0: it never was."""
    ended_ns: int = 0
    """When its outcome was known."""
    latency_us: int = 0
    queue_us: int = 0
    predict_us: int = 0
    batch_rows: int = 0
    refused: Refused | None = None
    problem: Problem | None = None
    on_settled: Callable[["Prediction"], None] | None = None
    """Called at once when its outcome stands in the segment; only then may the caller hear of it."""
    settled: bool = False
    _outcome: asyncio.Future[None] | None = None

    @property
    def outcome(self) -> "asyncio.Future[None]":
        """Done once it is settled, for whoever would rather wait than be called."""
        if self._outcome is None:
            self._outcome = asyncio.get_running_loop().create_future()
            if self.settled:
                self._outcome.set_result(None)
        return self._outcome

    def unwatch(self) -> None:
        """No deadline ends it any more."""
        if self.due is not None:
            self.due.discard(self)
        elif self.timer is not None:
            self.timer.cancel()

    def settle(self) -> None:
        """Its outcome stands in the segment, or it was decided to go on without: let whoever waits hear of it."""
        if self.settled:
            return
        self.settled = True
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(None)
        if self.on_settled is not None:
            self.on_settled(self)

    def begin(self) -> None:
        """The whole request is there: the clocks of latency and deadline start."""
        self.started_ns = time.perf_counter_ns()

    def succeed(self, output: bytes, output_header: int) -> None:
        """The worker answered 200."""
        self.ended_ns = time.perf_counter_ns()
        self.status = 200
        self.output = output
        self.output_header = output_header

    def refuse(self, refused: Refused, traceback: str = "") -> None:
        """It ends with a problem; the traceback is for the record alone."""
        self.ended_ns = time.perf_counter_ns()
        # With its traceback it would hold the frames that hold this prediction: a cycle that keeps the body for long.
        self.refused = refused.with_traceback(None)
        self.status = refused.status
        self.code = refused.code
        self.problem = refused.problem(self.id)
        self.output = encode_for_owner(self.problem, traceback)
        self.output_header = 0

    def common(self) -> tuple[Any, ...]:
        """What its record shares with those of predictions that are alike: the fields of Common, in order."""
        return (
            self.model, self.version, self.reference[:REFERENCE_CHARACTERS], self.protocol, self.key, self.content_type, self.status,
            self.code, self.predict_us, self.batch_rows, self.attempts, self.generation,
        )  # fmt: skip

    def own(self) -> tuple[Any, ...]:
        """What its record has of its own: the fields of Own, in order."""
        trace = "" if self.trace is None else self.trace.trace_id
        return (
            self.id, self.time_ns, self.latency_us, self.queue_us, self.body, self.output, self.header, self.output_header, trace,
            self.input_size, self.input_sha256,
        )  # fmt: skip
