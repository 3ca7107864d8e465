"""From the head of an HTTP request to a PredictRequest."""

from urllib.parse import unquote_plus

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.exchange import Headers
from unshelf.gateway.predict.content_types import (
    ARROW,
    MLFLOW,
    NATIVE,
    TYPE_CHARACTERS,
    V2,
    check_length,
    frame_kind,
    is_arrow,
    wants_events,
)
from unshelf.gateway.predict.cost import COST_HEADER
from unshelf.gateway.predict.params import PARAMS_HEADER
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.routing.index import Caller, Table

_MODELS = "/models/"
_FRAMED_BY_BODY = frozenset({V2, ARROW})
"""Protocols whose frame is known only with the body."""
_PARAMS_MEMBER = {V2: "parameters"}
_NAME_CHARACTERS = 80


def prediction_protocol(path: str) -> str:
    """The protocol of a predict route; empty for any other path."""
    if path.startswith(_MODELS):
        if path.endswith("/predict"):
            return NATIVE
        if path.endswith("/invocations"):
            return MLFLOW
    return ""


def reference_in(path: str) -> str:
    """The model reference in the address of a predict route."""
    return path[len(_MODELS) : path.rindex("/")]


def resolve_request(
    pipeline: PredictionPipeline, headers: Headers, table: Table, caller: Caller, *, reference: str, protocol: str,
    query: str = "",
) -> PredictRequest:  # fmt: skip
    """The request of an authenticated caller; one that can only be refused says why. `table`: as the caller was found in."""
    content_type = headers.get("content-type") or ""
    if protocol == NATIVE and is_arrow(content_type):
        protocol = ARROW
    route, refusal, wire_protocol = None, None, 0
    try:
        route = pipeline.find(caller, reference)
        if query:
            raise _refused_query(query, protocol)
        check_length(content_type)
        if protocol not in _FRAMED_BY_BODY:
            wire_protocol = frame_kind(protocol, content_type, binary=False)
    except ProblemError as error:
        refusal = error
    return PredictRequest(
        caller=caller, reference=reference, protocol=protocol, content_type=content_type[:TYPE_CHARACTERS], wire_protocol=wire_protocol,
        table=table, route=route, refusal=refusal, traceparent=headers.get("traceparent"), timeout=headers.get("x-request-timeout"),
        holder=pipeline.holder(caller, route),
    )  # fmt: skip


def _refused_query(query: str, protocol: str) -> ProblemError:
    """A prediction's address has no query: what a caller sets there would be ignored without a word."""
    name = unquote_plus(query.partition("&")[0].partition("=")[0])[:_NAME_CHARACTERS]
    return ProblemError(
        "malformed_request",
        f"The address of a prediction takes no query, but names {name!a} there.",
        hint=f"Parameters of a prediction go into the body, as its member `{_PARAMS_MEMBER.get(protocol, 'params')}`, or into the "
        "header Unshelf-Params.",
    )


def streams_events(headers: Headers, protocol: str) -> bool:
    """Whether the answer is sent as server-sent events."""
    return protocol in (NATIVE, ARROW) and wants_events(headers.get("accept"))


def is_usual(request: PredictRequest, headers: Headers) -> bool:
    """Whether a request with this head may be answered inline: its body is only to be sent on, and its answer as it is."""
    return (
        request.protocol not in _FRAMED_BY_BODY
        and "content-encoding" not in headers
        and "prefer" not in headers
        and PARAMS_HEADER not in headers
        and COST_HEADER not in headers
        and not streams_events(headers, request.protocol)
    )
