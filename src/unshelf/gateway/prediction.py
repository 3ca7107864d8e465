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
from unshelf.contracts.records import PredictionRecord
from unshelf.gateway.limits import Limiter
from unshelf.gateway.problems import Refused, encode_for_owner
from unshelf.gateway.redaction import Redaction
from unshelf.gateway.shared import SharedBody

REFERENCE_CHARACTERS = 200
_USUAL = Recording()
_FIELDS = PredictionRecord.__struct_fields__
_process = int.from_bytes(os.urandom(4)) << 32
_numbers = count(int.from_bytes(os.urandom(3)))


def new_prediction_id(time_ns: int) -> str:
    """28 hex digits that sort by time: milliseconds, this process (random), a running number."""
    return (time_ns // 1_000_000 << 64 | _process | next(_numbers) & 0xFFFFFFFF).to_bytes(14, "big").hex()


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


class Prediction:
    """A request and, once it is settled, its recorded outcome.

    Without slots: what most predictions leave as it is stands in the class, which makes one cheaper to begin."""

    model = ""
    version = 0
    recording = _USUAL
    redaction: Redaction | None = None
    generation = 0
    kind = 0
    content_type = ""
    body = b""
    pieces: Sequence[bytes | memoryview] = ()
    """The whole body, when its record keeps only its beginning, which is then `body`."""
    shared: SharedBody | None = None
    """The same in memory that can be handed to a worker."""
    input_size = 0
    input_sha256 = ""
    aside: asyncio.Task[None] | None = None
    """Work beside the prediction that its record waits for."""
    header = 0
    flags = 0
    """Of its frame."""
    trace: Trace | None = None
    limiters: tuple[Limiter, ...] = ()
    """Those that let it in and hold a place for it."""
    in_flight = False
    """Whether it was given to its version, and counts as in flight there until it is settled."""
    attempts = 0
    sent_to: Carrier | None = None
    wire_id = 0
    due: set["Prediction"] | None = None
    """Those that end at the deadline of its version; it leaves them when it has its outcome."""
    timer: asyncio.TimerHandle | None = None
    """Ends it at a deadline of its own."""
    status = 0
    code = ""
    output = b""
    output_header = 0
    submitted_ns = 0
    """When it was given to its version; 0: it never was."""
    ended_ns = 0
    """When its outcome was known."""
    latency_us = 0
    queue_us = 0
    predict_us = 0
    batch_rows = 0
    refused: Refused | None = None
    problem: Problem | None = None
    on_settled: Callable[["Prediction"], None] | None = None
    """Called at once when its outcome stands in the segment; only then may the caller hear of it."""
    settled = False
    _outcome: asyncio.Future[None] | None = None

    def __init__(self, key: str, reference: str, protocol: str) -> None:
        self.time_ns = time.time_ns()
        self.started_ns = time.perf_counter_ns()
        self.id = new_prediction_id(self.time_ns)
        self.key = key
        self.reference = reference
        self.protocol = protocol

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

    def fields(self, now_ns: int) -> tuple[Any, ...]:
        """What the segment keeps of it: the fields of a PredictionRecord, in order, up to the last that is no default; `now_ns`
        is of the clock of `started_ns`."""
        self.latency_us = latency_us = (now_ns - self.started_ns) // 1000
        if self.submitted_ns:
            # All that was not predicting: on the way, in the worker's queue, and before that waiting for a worker.
            queue_us = (self.ended_ns - self.submitted_ns) // 1000 - self.predict_us
            self.queue_us = queue_us if queue_us > 0 else 0  # noqa: FURB136 - a call takes three times as long
        fields = (
            self.id, self.time_ns, self.model, self.version, self.reference[:REFERENCE_CHARACTERS], self.protocol, self.key,
            self.status, self.code, latency_us, self.queue_us, self.predict_us, self.batch_rows, self.attempts,
            self.content_type, self.body, self.header, self.output, self.output_header, self.generation,
        )  # fmt: skip
        if self.trace is None and not self.input_size:
            return fields
        return (*fields, "" if self.trace is None else self.trace.trace_id, self.input_size, self.input_sha256)

    def record(self, now_ns: int) -> PredictionRecord:
        """The same as a record."""
        return PredictionRecord(**dict(zip(_FIELDS, self.fields(now_ns), strict=False)))
