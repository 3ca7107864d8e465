"""Traces: the caller's is taken on, recorded and answered; spans reach a real OTLP receiver; nothing of it is loaded otherwise."""

import gzip
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.component.gateway.stage import Stage
from tests.component.gateway.test_metrics import KEYS, samples, scrape
from tests.support.routes import TOKEN, one_model
from tests.support.waiting import wait_until

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{PARENT}-01"


def ask(stage: Stage, traceparent: str | None, reference: str = "iris", **fields: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {TOKEN}"} | ({} if traceparent is None else {"traceparent": traceparent})
    return httpx.post(
        f"{stage.url}/models/{reference}/predict", json={"inputs": [1], **fields}, headers=headers, timeout=60
    )


class Receiver:
    """An OTLP/HTTP receiver."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.resources: list[dict[str, Any]] = []
        self.spans: list[Any] = []

    def take(self, path: str, body: bytes) -> None:
        assert path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append({one.key: one.value.string_value for one in resource.resource.attributes})
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]


@contextmanager
def receiving(status: int = 200) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.take(self.path, gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


def test_the_caller_s_trace_is_recorded_and_answered_with_a_span_of_our_own(shared_stage: Stage) -> None:
    answer = ask(shared_stage, SAMPLED)

    match = re.fullmatch(rf"00-{TRACE}-([0-9a-f]{{16}})-01", answer.headers["traceparent"])
    assert match and match[1] != PARENT
    assert shared_stage.records()[-1].trace == TRACE
    refused = ask(shared_stage, SAMPLED, "tulip")
    assert (refused.status_code, refused.headers["traceparent"][:36]) == (404, f"00-{TRACE}-")
    assert shared_stage.records()[-1].trace == TRACE


def test_without_a_trace_and_without_a_collector_there_is_none(shared_stage: Stage) -> None:
    assert "traceparent" not in ask(shared_stage, None).headers
    assert shared_stage.records()[-1].trace == ""


def test_spans_tell_where_the_time_went(set_stage: Callable[..., Stage]) -> None:
    with receiving() as receiver:
        stage = set_stage(otlp_endpoint=receiver.url)
        ask(stage, SAMPLED, do="sleep", seconds=0.1)
        wait_until(lambda: len(receiver.spans) >= 5)

    (served,) = receiver.named("predict iris")
    assert (served.trace_id.hex(), served.parent_span_id.hex()) == (TRACE, PARENT)
    stages = {span.name: span for span in receiver.spans if span is not served}
    assert set(stages) == {"route", "queue", "predict", "record"}
    assert {span.parent_span_id for span in stages.values()} == {served.span_id}
    assert len({span.span_id for span in receiver.spans}) == 5
    took = {name: span.end_time_unix_nano - span.start_time_unix_nano for name, span in stages.items()}
    assert took["predict"] == 2_500_000
    assert took["queue"] > 95_000_000
    assert sum(took.values()) == served.end_time_unix_nano - served.start_time_unix_nano
    assert abs(served.start_time_unix_nano - stage.records()[-1].time_ns) < 1_000_000_000
    facts = {one.key: one.value for one in served.attributes}
    assert (facts["unshelf.model"].string_value, facts["http.response.status_code"].int_value) == ("iris", 200)
    assert receiver.resources[0]["service.name"] == "unshelf"


def test_with_a_collector_every_prediction_has_a_trace_and_failures_are_marked(set_stage: Callable[..., Stage]) -> None:
    with receiving() as receiver:
        stage = set_stage(otlp_endpoint=receiver.url)
        answer = ask(stage, None, do="status", status=500, payload={"code": "model_error", "detail": "no"})
        assert ask(stage, f"00-{TRACE}-{PARENT}-00").headers["traceparent"].endswith("-00")
        assert stage.stop_gateway() == 0

    (served,) = receiver.named("predict iris")  # the one that its caller did not want sampled is not there
    assert answer.headers["traceparent"] == f"00-{served.trace_id.hex()}-{served.span_id.hex()}-01"
    assert (served.status.code, served.status.message) == (2, "model_error")


def test_a_share_of_the_traces_may_be_taken(set_stage: Callable[..., Stage]) -> None:
    with receiving() as receiver:
        stage = set_stage(otlp_endpoint=receiver.url, otlp_ratio=0.0)
        assert ask(stage, None).headers["traceparent"].endswith("-00")
        ask(stage, SAMPLED)
        assert stage.stop_gateway() == 0

    assert [span.trace_id.hex() for span in receiver.named("predict iris")] == [TRACE]


@pytest.mark.long
def test_a_collector_that_is_not_there_costs_callers_nothing_and_is_counted(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(otlp_endpoint="http://127.0.0.1:9")
    stage.publish({"iris": one_model()}, KEYS)
    wait_until(lambda: scrape(stage).status_code == 200)
    assert [ask(stage, None).status_code for _ in range(20)] == [200] * 20
    wait_until(lambda: samples(stage)["unshelf_spans_dropped_total",] == 20)


def test_no_large_library_is_loaded_unless_it_is_wanted() -> None:
    large = ("opentelemetry", "pyarrow", "grpc", "duckdb", "sqlalchemy")
    code = (
        f"import sys, unshelf.gateway.main; sys.exit(any(name.partition('.')[0] in {large!r} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
