"""From an address and headers to a request: its protocol, where it leads, and whether it is a usual one."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.routes import one_model
from unshelf.contracts.protocols import frames
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.access.callers import authorize
from unshelf.gateway.access.shares import Count, Holder
from unshelf.gateway.predict.content_types import ARROW, ARROW_STREAM, MLFLOW, NATIVE, V2
from unshelf.gateway.predict.http_request import (
    is_usual,
    prediction_protocol,
    reference_in,
    resolve_request,
    streams_events,
)
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.routing.index import Caller, Route, Table
from unshelf.runtime.routing_file import RoutingChange

EVENTS = {"accept": "text/event-stream"}


@pytest.mark.parametrize(
    ("path", "protocol"),
    [
        ("/models/iris/predict", NATIVE), ("/models/iris/invocations", MLFLOW), ("/models/iris", ""), ("/models/iris/predict/", ""),
        ("/predict", ""), ("/v2/models/iris/infer", ""), ("/models/iris/PREDICT", ""),
    ],
)  # fmt: skip
def test_an_address_tells_the_protocol(path: str, protocol: str) -> None:
    assert prediction_protocol(path) == protocol


@pytest.mark.parametrize("reference", ["iris", "iris:3", "iris@best", "a/b"])
def test_an_address_tells_the_reference(reference: str) -> None:
    assert reference_in(f"/models/{reference}/predict") == reference


class Pipeline:
    """The part of a pipeline that knows where references lead."""

    def __init__(self) -> None:
        self.table = Table().changed(RoutingChange(generation=1, models={"iris": one_model()}, keys={}, warm=None))

    def find(self, caller: Caller, reference: str) -> Route:
        authorize(caller, reference, Table())
        return self.table.find(reference)

    def holder(self, caller: Caller, route: Route | None) -> Holder:
        return Holder(Count(caller.key.name), Count("" if route is None else route.model.project))


@pytest.fixture
def resolve() -> Callable[..., PredictRequest]:
    pipeline = Pipeline()

    def resolved(
        headers: dict[str, str],
        reference: str = "iris",
        protocol: str = NATIVE,
        models: list[str] | None = None,
        query: str = "",
    ) -> PredictRequest:
        caller = Caller(KeyRoute(id="k1", name="tests", models=models))
        asked: Any = pipeline
        return resolve_request(
            asked, headers, pipeline.table, caller, reference=reference, protocol=protocol, query=query
        )

    return resolved


def test_a_request_knows_its_route_its_frame_and_what_its_headers_ask_for(resolve: Callable[..., Any]) -> None:
    request = resolve({"content-type": "application/json", "traceparent": "00-x", "x-request-timeout": "3"})
    assert request.route.targets[0].version == 1
    assert (request.wire_protocol, request.refusal, request.protocol) == (frames.NATIVE, None, NATIVE)
    assert (request.traceparent, request.timeout, request.content_type) == ("00-x", "3", "application/json")


@pytest.mark.parametrize(("protocol", "frame"), [(NATIVE, frames.NATIVE), (MLFLOW, frames.MLFLOW_JSON)])
def test_a_body_without_a_content_type_is_json(resolve: Callable[..., Any], protocol: str, frame: int) -> None:
    assert resolve({}, protocol=protocol).wire_protocol == frame


def test_an_arrow_body_makes_a_native_request_an_arrow_one_and_no_other(resolve: Callable[..., Any]) -> None:
    headers = {"content-type": f"{ARROW_STREAM}; x=1"}
    assert (resolve(headers).protocol, resolve(headers).wire_protocol) == (ARROW, 0)
    assert resolve(headers, protocol=MLFLOW).refusal.code == "unsupported_media_type"
    assert (resolve(headers, protocol=V2).protocol, resolve(headers, protocol=V2).refusal) == (V2, None)


@pytest.mark.parametrize(
    ("headers", "options", "code"),
    [
        ({}, {"reference": "gone"}, "not_found"),
        ({}, {"models": ["other-*"]}, "forbidden"),
        ({"content-type": "text/html"}, {}, "unsupported_media_type"),
        ({"content-type": "application/json; charset=latin-1"}, {}, "unsupported_media_type"),
    ],
)
def test_a_request_that_can_only_be_refused_says_why(
    resolve: Callable[..., Any], headers: dict[str, str], options: dict[str, Any], code: str
) -> None:
    request = resolve(headers, **options)
    assert request.refusal.code == code
    assert request.wire_protocol == 0


@pytest.mark.parametrize(
    ("query", "protocol", "name", "member"),
    [
        ("threshold=0.5", NATIVE, "threshold", "params"), ("top%5Fk=1&x=2", MLFLOW, "top_k", "params"),
        ("threshold", V2, "threshold", "parameters"),
    ],
)  # fmt: skip
def test_a_query_is_refused_by_its_name_and_told_where_parameters_go(
    resolve: Callable[..., Any], query: str, protocol: str, name: str, member: str
) -> None:
    refusal = resolve({}, protocol=protocol, query=query).refusal
    assert (refusal.code, refusal.status) == ("malformed_request", 400)
    assert repr(name) in refusal.detail
    assert f"`{member}`" in refusal.hint


@pytest.mark.parametrize(
    ("protocol", "headers", "streams"),
    [(NATIVE, EVENTS, True), (ARROW, EVENTS, True), (MLFLOW, EVENTS, False), (V2, EVENTS, False), (NATIVE, {}, False)],
)
def test_events_are_streamed_where_the_protocol_is_our_own(
    protocol: str, headers: dict[str, str], streams: bool
) -> None:
    assert streams_events(headers, protocol) is streams


@pytest.mark.parametrize(
    ("protocol", "headers", "usual"),
    [
        (NATIVE, {"accept": "*/*"}, True), (MLFLOW, {}, True), (MLFLOW, EVENTS, True), (ARROW, {}, False), (V2, {}, False),
        (NATIVE, {"content-encoding": "gzip"}, False), (NATIVE, {"prefer": "respond-async"}, False), (NATIVE, EVENTS, False),
        (NATIVE, {"x-prediction-cost": "yes"}, False),
    ],
)  # fmt: skip
def test_a_usual_request_is_one_whose_body_only_has_to_go_on(
    protocol: str, headers: dict[str, str], usual: bool
) -> None:
    request = PredictRequest(caller=Caller(KeyRoute(id="k1", name="tests")), reference="iris", protocol=protocol)
    assert is_usual(request, headers) is usual
