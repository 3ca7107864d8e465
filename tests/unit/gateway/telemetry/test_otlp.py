"""Predictions as spans: one for the whole, one for each stage, sent in batches, dropped where the collector does not keep up."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.own_authority import server_of_own_authority
from tests.support.waiting import wait_until
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction, Trace
from unshelf.gateway.telemetry import otlp
from unshelf.gateway.telemetry.otlp import OtlpSpans

TRACE = Trace(trace_id="a" * 32, parent_id="b" * 16, span_id="c" * 16, sampled=True)


class Collector(HTTPServer):
    """Takes spans over HTTP, or refuses them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.paths: list[str] = []
        self.spans: list[Any] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.paths.append(self.path)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def a_prediction(trace: Trace | None = TRACE) -> Prediction:
    prediction = Prediction("k1", "iris", "native", trace=trace)
    prediction.model, prediction.version = "iris", 3
    prediction.submitted_ns = prediction.started_ns + 1_000_000
    prediction.predict_us, prediction.batch_rows = 2_000, 4
    prediction.succeed(b"[1]", 0)
    prediction.ended_ns = prediction.submitted_ns + 5_000_000
    return prediction


def send(collector: Collector, *predictions: Prediction, endpoint: str = "") -> tuple[OtlpSpans, list[int]]:
    """Send these; gives what was counted as dropped."""
    counted: list[int] = []
    spans = OtlpSpans(endpoint or collector.address, 0, counted.append)
    for prediction in predictions:
        spans.add(prediction, prediction.ended_ns + 1_000_000)
    spans.close()
    return spans, counted


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_a_prediction_is_a_span_below_its_callers_with_a_span_for_each_stage(collector: Collector) -> None:
    prediction = a_prediction()
    spans, counted = send(collector, prediction)
    whole, *stages = collector.spans
    assert (whole.name, whole.trace_id.hex(), whole.span_id.hex()) == ("predict iris", "a" * 32, "c" * 16)
    assert whole.parent_span_id.hex() == "b" * 16
    assert attributes(whole) == {
        "http.request.method": "POST", "http.response.status_code": 200, "unshelf.prediction": prediction.id,
        "unshelf.protocol": "native", "unshelf.key": "k1", "unshelf.model": "iris", "unshelf.version": 3, "unshelf.batch_rows": 4,
    }  # fmt: skip
    assert [(span.name, (span.end_time_unix_nano - span.start_time_unix_nano) // 1000) for span in stages] == [
        ("route", 1000), ("queue", 3000), ("predict", 2000), ("record", 1000),
    ]  # fmt: skip
    assert {span.parent_span_id.hex() for span in stages} == {"c" * 16}
    assert len({span.span_id for span in collector.spans}) == 5
    assert (spans.dropped, counted) == (0, [0])


def test_a_failure_tells_its_code_and_one_of_the_server_is_an_error(collector: Collector) -> None:
    late, wrong = a_prediction(), a_prediction()
    late.refuse(ProblemError("deadline_exceeded", "Late."))
    wrong.refuse(ProblemError("invalid_input", "Wrong."))
    send(collector, late, wrong)
    found = [span for span in collector.spans if span.name.startswith("predict ")]
    assert [(attributes(span)["error.type"], span.status.code) for span in found] == [
        ("deadline_exceeded", 2), ("invalid_input", 0),
    ]  # fmt: skip


def test_a_prediction_that_no_version_got_has_no_stages(collector: Collector) -> None:
    trace = Trace(trace_id="a" * 32, parent_id="", span_id="c" * 16, sampled=True)
    prediction = Prediction("k1", "gone", "native", trace=trace)
    prediction.refuse(ProblemError("not_found", "There is none."))
    send(collector, prediction)
    (span,) = collector.spans
    assert (span.name, span.parent_span_id) == ("predict", b"")


def test_a_prediction_without_a_trace_has_no_span(collector: Collector) -> None:
    send(collector, a_prediction(None))
    assert collector.spans == []


def test_what_a_collector_refuses_is_counted_as_dropped(collector: Collector) -> None:
    collector.status = 400
    spans, counted = send(collector, a_prediction(), a_prediction())
    assert (spans.dropped, counted[-1]) == (2, 2)


def test_what_waits_beyond_the_most_is_dropped_at_once(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "_MOST_WAITING", 2)
    spans, _ = send(collector, *(a_prediction() for _ in range(5)))
    assert spans.dropped == 3
    assert len(collector.spans) == 10


@pytest.mark.parametrize("suffix", ["", "/", "/v1/traces"])
def test_an_endpoint_may_have_its_path_or_not(collector: Collector, suffix: str) -> None:
    send(collector, a_prediction(), endpoint=collector.address + suffix)
    assert collector.paths == ["/v1/traces"]


def test_a_collector_that_is_away_holds_nobody_up_and_is_told_of_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logged: list[logging.LogRecord] = []
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler := logging.Handler()])
    monkeypatch.setattr(handler, "emit", logged.append)
    monkeypatch.setattr(otlp, "_PAUSE_SECONDS", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as listening:  # it takes connections, and never answers
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        monkeypatch.setattr(otlp, "_CLOSE_SECONDS", 0.2)
        monkeypatch.setattr(otlp, "_SEND_SECONDS", 600)
        spans = OtlpSpans(address, 0)
        spans.add(a_prediction(), 1)
        began = time.monotonic()
        spans.close()
        assert time.monotonic() - began < 60

    counted: list[int] = []
    monkeypatch.setattr(otlp, "_SEND_SECONDS", 0.05)
    spans = OtlpSpans(address, 0, counted.append)  # nobody is there any more
    for number in (1, 2):
        spans.add(a_prediction(), 1)
        wait_until(lambda number=number: spans.dropped == number and number in counted, what="it is dropped")
    spans.close()
    (told,) = [record for record in logged if record.name.startswith(("unshelf", "opentelemetry.exporter"))]
    assert "dropped" in told.getMessage()
    assert 0 < len(str(told.__dict__["reason"])) <= 200


def test_a_collector_with_an_authority_of_the_systems_store_is_trusted(tmp_path: Path) -> None:
    with server_of_own_authority(tmp_path) as address:
        spans = OtlpSpans(address, 0)
        spans.add(a_prediction(), 1)
        spans.close()
    assert spans.dropped == 0
