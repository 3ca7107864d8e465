"""Outcomes: what came of a prediction, and the answer that its caller gets, as values that need no connection."""

import time

import msgspec

from unshelf.gateway.errors import NO_SNIFF, ProblemError, encode_for_caller, problem_headers
from unshelf.gateway.http.response import Response
from unshelf.gateway.predict.content_types import ARROW, NATIVE, answer_headers
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.telemetry.traces import traceparent_of

_SERVER_TIMING = b"route;dur=%.3f, queue;dur=%.3f, predict;dur=%.3f, record;dur=%.3f, total;dur=%.3f"
"""Formatting bytes takes two thirds of the time of formatting text; an f-string is slower still."""
_USUAL_LINES = (
    b"content-type: application/json\r\nx-prediction-id: %b\r\nserver-timing: %b\r\nx-content-type-options: nosniff\r\n"
)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The recorded outcome of a prediction."""

    id: str
    model: str
    version: int
    """0 when the request was refused before a version was chosen."""
    status: int
    code: str
    """The problem's code; empty for 200."""
    refusal: ProblemError | None
    output: bytes
    """200: the worker's answer as recorded, whose JSON part has `output_header` bytes when binary tensors follow."""
    output_header: int
    submitted: bool
    """Whether it was given to a version."""
    predict_us: int
    """Microseconds in which it was predicted, together with those of its batch."""
    response: Response


def outcome_of(prediction: Prediction) -> Outcome:
    """The outcome of a settled prediction."""
    return Outcome(
        id=prediction.id, model=prediction.model, version=prediction.version, status=prediction.status, code=prediction.code,
        refusal=prediction.refused, output=prediction.output, output_header=prediction.output_header,
        submitted=bool(prediction.submitted_ns), predict_us=prediction.predict_us, response=response_of(prediction),
    )  # fmt: skip


def response_of(prediction: Prediction) -> Response:
    """The answer to the caller of a settled prediction."""
    own = own_headers(prediction)
    if prediction.problem is not None and prediction.refused is not None:
        body = encode_for_caller(prediction.problem, prediction.protocol)
        return Response(prediction.status, problem_headers((*own, *prediction.refused.headers)), body)
    headers = answer_headers(prediction.protocol, prediction.output_header)
    timing = ("server-timing", _server_timing(prediction).decode())
    return Response(200, (*headers, *own, timing, NO_SNIFF), answer_body(prediction))


def usual_lines(prediction: Prediction) -> bytes:
    """The header lines of an answer with status 200 in JSON, without a trace: those of `response_of`, made in a fraction of the time."""
    return _USUAL_LINES % (prediction.id.encode(), _server_timing(prediction))


def answer_body(prediction: Prediction) -> bytes:
    """The body of an answer with status 200."""
    if prediction.protocol == NATIVE or (prediction.protocol == ARROW and not prediction.output_header):
        # Names, numbers and ids need no escaping, and the worker's array goes in as it is.
        model = prediction.model.encode()
        facts = (prediction.id.encode(), model, prediction.version, prediction.marks, prediction.output)
        return b'{"id":"%b","model":"%b","version":%d,%b"outputs":%b}' % facts
    return prediction.output


def own_headers(prediction: Prediction) -> tuple[tuple[str, str], ...]:
    """The headers that name the prediction and its trace."""
    id = ("x-prediction-id", prediction.id)
    return (id,) if prediction.trace is None else (id, ("traceparent", traceparent_of(prediction.trace)))


def _server_timing(prediction: Prediction) -> bytes:
    """Where the time went, in milliseconds: a header that browsers' tools draw."""
    now = time.perf_counter_ns()
    route = (prediction.submitted_ns - prediction.started_ns) / 1e6
    record, total = (now - prediction.ended_ns) / 1e6, (now - prediction.started_ns) / 1e6
    queue, predict = prediction.queue_us / 1e3, prediction.predict_us / 1e3
    return _SERVER_TIMING % (route, queue, predict, record, total)
