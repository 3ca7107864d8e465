"""One prediction on its way through the gateway: who asked what, where it went, and what came of it."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Protocol

import msgspec

from unshelf.codecs.redaction import Redaction
from unshelf.contracts.bundle import Recording
from unshelf.contracts.problems import Problem
from unshelf.contracts.records import LIVE, Purpose
from unshelf.gateway.access.rate_limit import Limiter
from unshelf.gateway.errors import ProblemError, encode_for_owner
from unshelf.gateway.sealed_buffer import SealedBuffer

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


class PredictionCarrier(Protocol):
    """The connection that predictions are sent to a worker with."""

    def cancel(self, prediction: "Prediction") -> bool:
        """Take it back; tells whether it was still unanswered."""


class Prediction(msgspec.Struct, eq=False):
    """A request and, once it is settled, its recorded outcome.

    A struct, because it has more attributes than a plain object can keep in short, and most of them are never set."""

    key: str
    reference: str
    protocol: str
    content_type: str = ""
    wire_protocol: int = 0
    """The frame's protocol number; 0 while it is not known."""
    batch_key: object = msgspec.field(default_factory=object)
    """Equal only for predictions that one key asks of one reference in one way."""
    purpose: Purpose = LIVE
    time_ns: int = msgspec.field(default_factory=time.time_ns)
    started_ns: int = msgspec.field(default_factory=time.perf_counter_ns)
    id: str = msgspec.field(default_factory=new_prediction_id)
    model: str = ""
    version: int = 0
    recording: Recording = _USUAL
    redaction: Redaction | None = None
    marks: bytes = b""
    """The members of a native answer that stand before its outputs and tell how these are to be read."""
    generation: int = 0
    body: bytes = b""
    pieces: Sequence[bytes | memoryview] = ()
    """The bytes sent in place of `body`: the whole body, when its record keeps its beginning alone; with parameters, these first."""
    shared: SealedBuffer | None = None
    """The same in memory that can be handed to a worker."""
    input_size: int = 0
    input_sha256: str = ""
    params: bytes = b""
    """The JSON of parameters that came beside the body."""
    pending: asyncio.Task[None] | None = None
    """Work that the record waits for."""
    header: int = 0
    flags: int = 0
    """Flags of the frame."""
    trace: Trace | None = None
    limiters: tuple[Limiter, ...] = ()
    """Limiters that let it in and hold a place for it."""
    in_flight: bool = False
    """Whether it was given to its version, and counts as in flight there until it is settled."""
    attempts: int = 0
    sent_to: PredictionCarrier | None = None
    wire_id: int = 0
    deadline_group: set["Prediction"] | None = None
    """The predictions that end together at the deadline of their version; this one leaves when it has its outcome."""
    timer: asyncio.TimerHandle | None = None
    """Ends it at a deadline of its own."""
    status: int = 0
    code: str = ""
    output: bytes = b""
    output_header: int = 0
    scores: bytes | None = None
    """Scores that the model gave beside its answer, for the record alone; None: its version has none."""
    submitted_ns: int = 0
    """When it was given to its version; 0: it never was."""
    ended_ns: int = 0
    """When its outcome was known."""
    latency_us: int = 0
    queue_us: int = 0
    predict_us: int = 0
    batch_rows: int = 0
    refused: ProblemError | None = None
    problem: Problem | None = None
    on_settled: Callable[["Prediction"], None] | None = None
    """Called at once when the outcome is in the segment; only then may the caller be answered."""
    settled: bool = False
    _outcome: asyncio.Future[None] | None = None

    @property
    def outcome(self) -> "asyncio.Future[None]":
        """A future that is done once the prediction is settled."""
        if self._outcome is None:
            self._outcome = asyncio.get_running_loop().create_future()
            if self.settled:
                self._outcome.set_result(None)
        return self._outcome

    def unwatch(self) -> None:
        """Take it off its deadline."""
        if self.deadline_group is not None:
            self.deadline_group.discard(self)
        elif self.timer is not None:
            self.timer.cancel()

    def leave_limiters(self) -> None:
        """Give back the places that limiters hold for it."""
        for limiter in self.limiters:
            limiter.leave()
        self.limiters = ()

    def settle(self) -> None:
        """Mark as settled (recorded, or released unrecorded) and notify waiters."""
        if self.settled:
            return
        self.settled = True
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(None)
        if self.on_settled is not None:
            self.on_settled(self)

    def begin(self) -> None:
        """Start the clocks of latency and deadline: the whole request is there."""
        self.started_ns = time.perf_counter_ns()

    def succeed(self, output: bytes, output_header: int) -> None:
        """End with the worker's answer of status 200."""
        self.ended_ns = time.perf_counter_ns()
        self.status = 200
        self.output = output
        self.output_header = output_header

    def refuse(self, refused: ProblemError, traceback: str = "") -> None:
        """End with a problem; the traceback is for the record alone."""
        self.ended_ns = time.perf_counter_ns()
        # With its traceback it would hold the frames that hold this prediction: a cycle that keeps the body for long.
        self.refused = refused.with_traceback(None)
        self.status = refused.status
        self.code = refused.code
        self.problem = refused.problem(self.id)
        self.output = encode_for_owner(self.problem, traceback)
        self.output_header = 0
        self.scores = None

    def common(self) -> tuple[Any, ...]:
        """The fields of Common, in order, which its record shares with those of its batch."""
        fields = (
            self.model, self.version, self.reference[:REFERENCE_CHARACTERS], self.protocol, self.key, self.content_type, self.status,
            self.code, self.predict_us, self.batch_rows, self.attempts, self.generation,
        )  # fmt: skip
        return fields if self.purpose == LIVE else (*fields, self.purpose)

    def own(self) -> tuple[Any, ...]:
        """The fields of Own, in order, which its record has for itself."""
        trace = "" if self.trace is None else self.trace.trace_id
        fields = (
            self.id, self.time_ns, self.latency_us, self.queue_us, self.body, self.output, self.header, self.output_header, trace,
            self.input_size, self.input_sha256,
        )  # fmt: skip
        if self.scores:
            return (*fields, self.params, self.scores)
        return (*fields, self.params) if self.params else fields


RecordBatch = list[Prediction]
"""Predictions of one key, reference, protocol, content type, version, outcome and batch: they have their `common` in common."""
