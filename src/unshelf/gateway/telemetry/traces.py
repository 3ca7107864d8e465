"""W3C trace context: the trace that a prediction belongs to, and its spans for a collector."""

import random
import re
import time
from typing import Protocol

from unshelf.gateway.prediction import Prediction, Trace

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


class SpanSink(Protocol):
    """Takes spans and sends them on, off the hot path. Never raises and never waits."""

    def add(self, prediction: Prediction, answered_ns: int) -> None:
        """Tell of an answered prediction that has a trace; `answered_ns` is of the clock of `started_ns`."""

    def close(self) -> None:
        """Send what is left, within a few seconds."""


class Tracing:
    """Gives predictions their trace: the caller's, or with a sink a new one, sampled by `ratio`."""

    def __init__(self, sink: SpanSink | None = None, *, ratio: float = 1.0) -> None:
        self._sink = sink
        self.samples = sink is not None
        """Whether predictions are traced without a traceparent."""
        self._ratio = ratio

    def begin(self, traceparent: str | None) -> Trace | None:
        """The trace of a request; None when it is not traced. What can't be read counts as not there, as W3C has it."""
        if traceparent is not None and (trace := read_traceparent(traceparent)) is not None:
            return trace
        if self._sink is None:
            return None
        sampled = random.random() < self._ratio  # noqa: S311 -- not for secrets
        return Trace(trace_id=f"{random.getrandbits(128) | 1:032x}", parent_id="", span_id=_span_id(), sampled=sampled)

    def end(self, prediction: Prediction) -> None:
        """The prediction is answered."""
        if self._sink is not None and prediction.trace is not None and prediction.trace.sampled:
            self._sink.add(prediction, time.perf_counter_ns())

    def close(self) -> None:
        """Send what is left."""
        if self._sink is not None:
            self._sink.close()


def read_traceparent(text: str) -> Trace | None:
    """The trace that a `traceparent` header names, with a span of our own in it; None for what is none."""
    match = _TRACEPARENT.fullmatch(text)
    if match is None:
        return None
    version, trace_id, parent_id, flags, more = match.groups()
    if version == "ff" or (version == "00" and more) or trace_id == _NO_TRACE or parent_id == _NO_SPAN:
        return None
    return Trace(trace_id=trace_id, parent_id=parent_id, span_id=_span_id(), sampled=bool(int(flags, 16) & 1))


def traceparent_of(trace: Trace) -> str:
    """The header that names our span of the trace."""
    return f"00-{trace.trace_id}-{trace.span_id}-{trace.sampled:02x}"


def _span_id() -> str:
    return f"{random.getrandbits(64) | 1:016x}"
