"""Predictions as OpenTelemetry spans, sent by OTLP over HTTP from a thread of their own. Imported only where it is wanted."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

import unshelf
from unshelf.gateway.prediction import Prediction, Trace
from unshelf.runtime.machine.authorities import authorities_file

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.5
_SPANS_A_REQUEST = 512
_MOST_WAITING = 8192
"""Predictions that wait to be sent; further ones are dropped and counted, so that a slow collector costs no memory."""
_SEND_SECONDS = 5.0
_CLOSE_SECONDS = 2.0
"""How long what is left is sent when the gateway ends."""
_TELL_SECONDS = 60.0
_REASON_CHARACTERS = 200
_PATH = "/v1/traces"
_OWN_AUTHORITIES = (
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip
_SCOPE = InstrumentationScope("unshelf.gateway", unshelf.__version__)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_EXPORTERS = "opentelemetry.exporter"
"""The name of the logger that the exporter of spans, and those of other things, log to."""


class _LastComplaint(logging.Handler):
    """Keeps the last thing that the exporter complained of, in short."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()[:_REASON_CHARACTERS]


class OtlpSpans:
    """A SpanSink that sends to the OTLP/HTTP receiver at `endpoint`, e.g. `http://localhost:4318`."""

    def __init__(self, endpoint: str, gateway: int, count: Callable[[int], None] = lambda _: None) -> None:
        """`count` is called with the number dropped since the start, from this thread of its own."""
        self._count = count
        self._complaints = _LastComplaint()
        logging.getLogger(_EXPORTERS).addHandler(self._complaints)
        logging.getLogger(_EXPORTERS).propagate = False  # a line of kilobytes for each try, while a collector is away
        self._told = -_TELL_SECONDS
        self._refused = 0
        self._failed = 0
        authorities = authorities_file(*_OWN_AUTHORITIES)
        self._exporter = OTLPSpanExporter(_with_path(endpoint), certificate_file=authorities, timeout=_SEND_SECONDS)
        self._resource = Resource.create({"service.name": "unshelf", "service.instance.id": f"gateway {gateway}"})
        self._waiting: deque[tuple[Prediction, int]] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def add(self, prediction: Prediction, answered_ns: int) -> None:
        """See SpanSink."""
        if len(self._waiting) >= _MOST_WAITING:
            self._refused += 1
        else:
            self._waiting.append((prediction, answered_ns))

    @property
    def dropped(self) -> int:
        """Predictions whose spans were not sent since the start."""
        return self._refused + self._failed  # each counted by one thread

    def close(self) -> None:
        """See SpanSink."""
        self._stopping.set()
        self._thread.join(_CLOSE_SECONDS)
        self._exporter.shutdown()  # type: ignore[no-untyped-call] # a try that waits for the next one is given up
        self._thread.join(_CLOSE_SECONDS / 4)
        logging.getLogger(_EXPORTERS).removeHandler(self._complaints)

    def _run(self) -> None:
        reported = 0
        while not self._stopping.wait(_PAUSE_SECONDS):
            self._send_waiting()
            if self.dropped > reported:
                reported = self.dropped
                self._count(reported)
                self._tell()
        self._send_waiting()
        self._count(self.dropped)

    def _tell(self) -> None:
        """Log that spans are dropped, a line a minute."""
        if time.monotonic() - self._told < _TELL_SECONDS:
            return
        self._told = time.monotonic()
        logger.warning(
            "spans are dropped: the collector does not answer, refuses them or is too slow",
            extra={"dropped": self.dropped, "reason": self._complaints.text},
        )

    def _send_waiting(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_SPANS_A_REQUEST, len(self._waiting)))]
            # The clock of spans is Unix time; predictions are timed by another one, which never jumps.
            offset = time.time_ns() - time.perf_counter_ns()
            spans = [span for prediction, answered in batch for span in self._spans(prediction, answered, offset)]
            if self._exporter.export(spans) is not SpanExportResult.SUCCESS:
                self._failed += len(batch)

    def _spans(self, prediction: Prediction, answered_ns: int, offset: int) -> Iterator[ReadableSpan]:
        trace = prediction.trace
        if trace is None:
            return
        own = _context(trace, trace.span_id, is_remote=False)
        parent = _context(trace, trace.parent_id, is_remote=True) if trace.parent_id else None
        failed = prediction.status >= 500
        yield ReadableSpan(
            f"predict {prediction.model}".rstrip(), own, parent, self._resource, _facts(prediction), kind=SpanKind.SERVER,
            status=Status(StatusCode.ERROR, prediction.code) if failed else Status(StatusCode.UNSET),
            start_time=prediction.started_ns + offset, end_time=answered_ns + offset, instrumentation_scope=_SCOPE,
        )  # fmt: skip
        for number, (name, begun, ended) in enumerate(_stages(prediction, answered_ns), start=1):
            # A child's id follows from its parent's: it must differ from it, and from its siblings'.
            span_id = f"{(int(trace.span_id, 16) + number) & 0xFFFFFFFFFFFFFFFF or number:016x}"
            yield ReadableSpan(
                name, _context(trace, span_id, is_remote=False), own, self._resource, kind=SpanKind.INTERNAL,
                start_time=begun + offset, end_time=ended + offset, instrumentation_scope=_SCOPE,
            )  # fmt: skip


def _stages(prediction: Prediction, answered_ns: int) -> Iterator[tuple[str, int, int]]:
    """Name, begin and end of what a prediction went through, as in Server-Timing."""
    if not prediction.submitted_ns:
        return
    computing = max(prediction.submitted_ns, prediction.ended_ns - prediction.predict_us * 1000)
    yield "route", prediction.started_ns, prediction.submitted_ns
    yield "queue", prediction.submitted_ns, computing
    if prediction.batch_rows:
        yield "predict", computing, prediction.ended_ns
    yield "record", prediction.ended_ns, answered_ns


def _facts(prediction: Prediction) -> Mapping[str, str | int]:
    facts: dict[str, str | int] = {
        "http.request.method": "POST", "http.response.status_code": prediction.status, "unshelf.prediction": prediction.id,
        "unshelf.protocol": prediction.protocol, "unshelf.key": prediction.key,
    }  # fmt: skip
    if prediction.model:
        facts |= {"unshelf.model": prediction.model, "unshelf.version": prediction.version}
    if prediction.batch_rows:
        facts["unshelf.batch_rows"] = prediction.batch_rows
    if prediction.code:
        facts["error.type"] = prediction.code
    return facts


def _context(trace: Trace, span_id: str, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(trace.trace_id, 16), int(span_id, 16), is_remote=is_remote, trace_flags=_SAMPLED)


def _with_path(endpoint: str) -> str:
    return endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH
