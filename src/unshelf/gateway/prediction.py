"""One prediction on its way through the gateway: who asked what, where it went, and what came of it."""

import asyncio
import os
import time
from itertools import count
from typing import Protocol

import msgspec

from unshelf.contracts.bundle import Recording
from unshelf.contracts.problems import Problem
from unshelf.contracts.records import PredictionRecord
from unshelf.gateway.limits import Limiter
from unshelf.gateway.problems import Refused, encode_for_owner
from unshelf.gateway.redaction import Redaction

REFERENCE_CHARACTERS = 200
_USUAL = Recording()
_process = os.urandom(4).hex()
_numbers = count(int.from_bytes(os.urandom(3)))


def new_prediction_id(time_ns: int) -> str:
    """28 hex digits that sort by time: milliseconds, this process (random), a running number."""
    return f"{time_ns // 1_000_000:012x}{_process}{next(_numbers) & 0xFFFFFFFF:08x}"


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
    """A request and, once `outcome` is done, its recorded outcome."""

    __slots__ = (
        "aside", "attempts", "batch_rows", "body", "code", "content_type", "ended_ns", "generation", "header", "id", "input_sha256",
        "input_size", "key", "kind", "latency_us", "limiters", "model", "outcome", "output", "output_header", "pieces", "predict_us",
        "problem", "protocol", "queue_us", "recording", "redaction", "reference", "refused", "sent_to", "started_ns", "status",
        "submitted_ns", "time_ns", "timer", "trace", "version", "wire_id",
    )  # fmt: skip

    def __init__(self, loop: asyncio.AbstractEventLoop, key: str, reference: str, protocol: str) -> None:
        self.time_ns = time.time_ns()
        self.started_ns = time.perf_counter_ns()
        self.id = new_prediction_id(self.time_ns)
        self.key = key
        self.reference = reference
        self.protocol = protocol
        self.model = ""
        self.version = 0
        self.recording = _USUAL
        self.redaction: Redaction | None = None
        self.generation = 0
        self.kind = 0
        self.content_type = ""
        self.body = b""
        self.pieces: list[bytes] = []
        """The whole body, when its record keeps only its beginning, which is then `body`."""
        self.input_size = 0
        self.input_sha256 = ""
        self.aside: asyncio.Task[None] | None = None
        """Work beside the prediction that its record waits for."""
        self.header = 0
        self.trace: Trace | None = None
        self.limiters: list[Limiter] = []
        """Those that let it in and hold a place for it."""
        self.attempts = 0
        self.sent_to: Carrier | None = None
        self.wire_id = 0
        self.timer: asyncio.TimerHandle | None = None
        """Ends it at its deadline."""
        self.status = 0
        self.code = ""
        self.output = b""
        self.output_header = 0
        self.submitted_ns = 0
        """When it was given to its version; 0: it never was."""
        self.ended_ns = 0
        """When its outcome was known."""
        self.latency_us = 0
        self.queue_us = 0
        self.predict_us = 0
        self.batch_rows = 0
        self.refused: Refused | None = None
        self.problem: Problem | None = None
        self.outcome: asyncio.Future[None] = loop.create_future()
        """Done once the outcome stands in the segment; only then may the caller hear of it."""

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

    def record(self, now_ns: int) -> PredictionRecord:
        """What the segment keeps of it; `now_ns` is read from the clock of `started_ns`."""
        self.latency_us = (now_ns - self.started_ns) // 1000
        if self.submitted_ns:
            # All that was not predicting: on the way, in the worker's queue, and before that waiting for a worker.
            self.queue_us = max(0, (self.ended_ns - self.submitted_ns) // 1000 - self.predict_us)
        return PredictionRecord(
            id=self.id, time_ns=self.time_ns, model=self.model, version=self.version,
            reference=self.reference[:REFERENCE_CHARACTERS], protocol=self.protocol, key=self.key,
            status=self.status, code=self.code, latency_us=self.latency_us,
            queue_us=self.queue_us, predict_us=self.predict_us, batch_rows=self.batch_rows, attempts=self.attempts,
            content_type=self.content_type, input=self.body, input_header=self.header,
            output=self.output, output_header=self.output_header, generation=self.generation,
            input_size=self.input_size, input_sha256=self.input_sha256,
            trace="" if self.trace is None else self.trace.trace_id,
        )  # fmt: skip
