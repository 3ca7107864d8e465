"""What a caller is shown of a deferred prediction: while it waits, while it runs, and how it ended."""

import json
from typing import Any
from urllib.parse import urljoin

import pytest

from unshelf.contracts.deferred import DeferredAnswer, DeferredRequest
from unshelf.contracts.problems import PROBLEM_TYPE
from unshelf.gateway.deferred.views import accepted, address, finished, relative_to, unfinished

ID = f"d{1:028x}"
SECOND = 1_000_000_000
REQUEST = DeferredRequest(
    id=ID, model="iris", version=2, reference="iris@best", protocol="native", key="k1", created_ns=1_500_000_000, content_type="",
    kind=1, header=0,
)  # fmt: skip
FACTS = {"id": ID, "model": "iris", "version": 2, "url": f"/models/iris/predictions/{ID}"}


def an_answer(content_type: str, **fields: Any) -> DeferredAnswer:
    values: dict[str, Any] = {
        "outcome": "succeeded", "status": 200, "created_ns": SECOND, "begun_ns": 2 * SECOND, "finished_ns": 3 * SECOND,
    }  # fmt: skip
    values |= {"prediction_id": "p1", "headers": [("x-prediction-id", "p1"), ("content-type", content_type)]}
    return DeferredAnswer(id=ID, model="iris", version=2, key="k1", **{**values, **fields})


def test_one_that_was_accepted_waits_at_its_address() -> None:
    assert json.loads(accepted(REQUEST)) == {**FACTS, "status": "queued"}
    assert address("iris", ID) == FACTS["url"]


@pytest.mark.parametrize(("running", "status"), [(False, "queued"), (True, "running")])
def test_one_that_is_not_finished_tells_since_when(running: bool, status: str) -> None:
    shown = json.loads(unfinished(REQUEST, running=running))
    assert shown == {**FACTS, "status": status, "created_at": "1970-01-01T00:00:01.500Z"}


def test_one_that_succeeded_shows_its_outputs_as_the_model_wrote_them() -> None:
    body = b'{"id":"p1","model":"iris","version":2,"outputs":[1.50, {"a":1e3}]}'
    text = finished(an_answer("application/json"), body)
    assert json.loads(text) == {
        **FACTS, "status": "succeeded", "created_at": "1970-01-01T00:00:01.000Z", "started_at": "1970-01-01T00:00:02.000Z",
        "finished_at": "1970-01-01T00:00:03.000Z", "prediction_id": "p1", "answer_url": f"{FACTS['url']}/answer",
        "outputs": [1.5, {"a": 1000}],
    }  # fmt: skip
    assert b'"outputs":[1.50, {"a":1e3}]' in text


def test_one_that_failed_shows_its_problem() -> None:
    shown = json.loads(finished(an_answer(PROBLEM_TYPE, outcome="failed", status=500), b'{"code":"model_error"}'))
    assert (shown["status"], shown["problem"]) == ("failed", {"code": "model_error"})
    assert "outputs" not in shown


def test_one_that_never_ran_has_no_start() -> None:
    shown = json.loads(finished(an_answer(PROBLEM_TYPE, outcome="cancelled", status=410, begun_ns=0), b"{}"))
    assert shown["status"] == "cancelled"
    assert "started_at" not in shown


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/vnd.apache.arrow.stream", b"\xff\xff\xff\xff"),
        ("application/json", b'{"predictions":[1]}'),
        ("application/json", b"[1,2]"),
        ("application/json", b'{"outputs":'),
    ],
)
def test_an_answer_without_readable_outputs_is_left_to_its_own_address(content_type: str, body: bytes) -> None:
    shown = json.loads(finished(an_answer(content_type), body))
    assert shown["answer_url"] == f"{FACTS['url']}/answer"
    assert "outputs" not in shown


@pytest.mark.parametrize(
    "target", ["/models/iris/predict", "/models/iris:3/invocations?x=/", "/v2/models/iris/versions/3/infer", "/predict"]
)
@pytest.mark.parametrize("prefix", ["", "/unshelf"])
def test_an_address_relative_to_the_one_that_was_asked_leads_to_it_behind_a_prefix_too(
    target: str, prefix: str
) -> None:
    relative = relative_to(target, address("iris", "d1"))
    assert urljoin(f"{prefix}{target}", relative) == f"{prefix}/models/iris/predictions/d1"
