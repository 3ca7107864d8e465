"""The answer to a settled prediction: body, headers, and the short cut that says the same."""

import json
import re

import pytest

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.content_types import ARROW, MLFLOW, V2
from unshelf.gateway.predict.outcome import answer_body, outcome_of, response_of, usual_lines
from unshelf.gateway.prediction import Prediction, Trace

TRACE = Trace(trace_id="a" * 32, parent_id="b" * 16, span_id="c" * 16, sampled=True)


def a_success(protocol: str = "native", output: bytes = b"[1,2]", header: int = 0) -> Prediction:
    prediction = Prediction("k", "iris", protocol)
    prediction.model, prediction.version = "iris", 3
    prediction.submitted_ns = prediction.started_ns + 1_500_000
    prediction.queue_us, prediction.predict_us = 250, 2000
    prediction.succeed(output, header)
    return prediction


def a_failure(protocol: str = "native") -> Prediction:
    prediction = Prediction("k", "iris", protocol)
    prediction.refuse(ProblemError("overloaded", "Too many.", retry_after=2), "a secret traceback")
    return prediction


def test_a_native_answer_names_the_prediction_and_takes_the_outputs_as_they_are() -> None:
    prediction = a_success(output=b"[1.50]")
    assert (
        answer_body(prediction) == b'{"id":"%b","model":"iris","version":3,"outputs":[1.50]}' % prediction.id.encode()
    )


def test_outputs_that_are_bytes_are_named_before_them() -> None:
    prediction = a_success(output=b'["AA=="]')
    prediction.marks = b'"base64":["output"],'
    assert json.loads(answer_body(prediction)) == {
        "id": prediction.id, "model": "iris", "version": 3, "base64": ["output"], "outputs": ["AA=="],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("protocol", "header", "content_type", "wrapped"),
    [
        ("native", 0, "application/json", True),
        (ARROW, 0, "application/json", True),
        (ARROW, 1, "application/vnd.apache.arrow.stream", False),
        (MLFLOW, 0, "application/json", False),
        (V2, 0, "application/json", False),
        (V2, 2, "application/octet-stream", False),
    ],
)
def test_each_protocol_has_its_body_and_its_content_type(
    protocol: str, header: int, content_type: str, wrapped: bool
) -> None:
    response = response_of(a_success(protocol, b"[]", header))
    headers = dict(response.headers)
    assert (response.status, headers["content-type"]) == (200, content_type)
    assert (response.body == b"[]") is not wrapped
    assert headers.get("inference-header-content-length") == ("2" if content_type.endswith("octet-stream") else None)


def test_the_usual_lines_say_what_the_whole_response_says() -> None:
    prediction = a_success()
    lines = dict(line.split(": ", 1) for line in usual_lines(prediction).decode().splitlines())
    headers = dict(response_of(prediction).headers)
    for each in (lines, headers):  # they are written at different moments
        each["server-timing"] = re.sub(r"(record|total);dur=[\d.]+", r"\1", each["server-timing"])
    assert lines == headers
    assert headers["server-timing"] == "route;dur=1.500, queue;dur=0.250, predict;dur=2.000, record, total"


@pytest.mark.parametrize("settled", [a_success, a_failure])
def test_a_traced_prediction_names_our_span(settled: object) -> None:
    prediction: Prediction = settled()  # type: ignore[operator]
    assert "traceparent" not in dict(response_of(prediction).headers)
    prediction.trace = TRACE
    assert dict(response_of(prediction).headers)["traceparent"] == f"00-{'a' * 32}-{'c' * 16}-01"


def test_a_failure_tells_its_caller_the_problem_but_not_the_traceback() -> None:
    prediction = a_failure()
    response = response_of(prediction)
    headers = dict(response.headers)
    assert (response.status, headers["content-type"], headers["retry-after"]) == (503, "application/problem+json", "2")
    assert json.loads(response.body)["id"] == prediction.id
    assert b"secret" not in response.body
    assert "error" in json.loads(response_of(a_failure(V2)).body), "clients of V2 read that"


def test_an_outcome_tells_whether_a_version_was_asked() -> None:
    good, bad = outcome_of(a_success()), outcome_of(a_failure())
    assert (good.submitted, good.status, good.code, good.refusal, good.version) == (True, 200, "", None, 3)
    assert (bad.submitted, bad.status, bad.code, bad.version) == (False, 503, "overloaded", 0)
    assert bad.refusal is not None
    assert b"secret" in bad.output, "it is for the record"
