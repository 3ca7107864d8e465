"""Predictions through a real gateway process: what callers get, and what the record keeps."""

import gzip
import json
import time
import zlib

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN, one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.routing import Share


def test_a_prediction_comes_back_with_its_id_its_version_and_its_timings(shared_stage: Stage) -> None:
    answer = shared_stage.predict([{"x": 1.5}, {"x": None}])

    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["id", "model", "version", "outputs"]
    assert (body["model"], body["version"], body["outputs"]) == ("iris", 1, [{"x": 1.5}, {"x": None}])
    assert answer.headers["x-prediction-id"] == body["id"]
    stages = [stage.partition(";dur=") for stage in answer.headers["server-timing"].split(", ")]
    assert [name for name, _, _ in stages] == ["route", "queue", "predict", "record", "total"]
    assert stages[2][2] == "2.500"
    assert all(0 <= float(milliseconds) < 10_000 for _, _, milliseconds in stages)
    assert answer.headers["content-type"] == "application/json"


def test_the_cost_is_told_to_who_asks_for_it_and_the_next_answer_is_as_before(stage: Stage) -> None:
    stage.publish({"iris": one_model(versions={1: version(price=1.44, currency="EUR")})})
    infer = {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1.5]}]}

    def cost(path: str, body: object) -> str | None:
        answer = stage.client.post(path, json=body, headers={"X-Prediction-Cost": "yes"})
        assert answer.status_code == 200, answer.text
        return answer.headers.get("x-prediction-cost")

    # Two and a half milliseconds of a tier that costs 1.44 an hour.
    wait_until(lambda: cost("/models/iris/predict", {"inputs": [1.5]}) == "0.000001 EUR", what="the price is there")
    assert cost("/models/iris/invocations", {"inputs": [1.5]}) == "0.000001 EUR"
    assert cost("/v2/models/iris/infer", infer) == "0.000001 EUR"
    for _ in range(3):  # heads that were seen before
        assert "x-prediction-cost" not in stage.predict().headers


def test_all_time_that_is_not_predicting_is_queue_time(shared_stage: Stage) -> None:
    shared_stage.predict(do="sleep", seconds=0.1)

    record = shared_stage.records()[-1]
    assert 97_000 < record.queue_us <= record.latency_us - record.predict_us


def test_ids_sort_by_time_and_differ(shared_stage: Stage) -> None:
    ids = [shared_stage.predict().json()["id"] for _ in range(20)]

    assert ids == sorted(set(ids))
    assert {len(name) for name in ids} == {28}


def test_the_record_tells_the_whole_story(shared_stage: Stage) -> None:
    before = time.time_ns()
    answer = shared_stage.predict([7], reference="iris:1")

    record = shared_stage.records()[-1]
    assert record.id == answer.json()["id"]
    assert before <= record.time_ns <= time.time_ns()
    assert (record.model, record.version, record.reference, record.protocol) == ("iris", 1, "iris:1", "native")
    assert (record.key, record.status, record.code, record.attempts) == ("k1", 200, "", 1)
    assert (record.predict_us, record.batch_rows) == (2500, 1)
    assert 0 < record.latency_us < 10_000_000
    assert (json.loads(record.input), record.output) == ({"inputs": [7]}, b"[7]")
    assert (record.content_type, record.generation) == ("application/json", 1)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/models/tulip/predict", 404, "not_found"),
        ("/models/iris:7/predict", 404, "not_found"),
        ("/models/iris@champion/predict", 404, "not_found"),
        ("/models/..%2F..%2Fetc/predict", 404, "not_found"),
        ("/models/%00/predict", 404, "not_found"),
        ("/models/%ff%fe/predict", 404, "not_found"),
        ("/models//predict", 404, "not_found"),
        ("/models/IRIS/invocations", 404, "not_found"),
        ("/models/iris:99999999999999/predict", 404, "not_found"),
    ],
)
def test_what_leads_nowhere_is_not_found_and_recorded(shared_stage: Stage, path: str, status: int, code: str) -> None:
    answer = shared_stage.client.post(path, json={"inputs": [1]})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    record = shared_stage.records()[-1]
    assert (record.id, record.status, record.code, record.version) == (answer.json()["id"], status, code, 0)
    assert json.loads(record.input) == {"inputs": [1]}


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("/models/iris/predict", "application/json; charset=utf-8", 200),
        ("/models/iris/predict", "application/problem+json", 200),
        ("/models/iris/predict", "", 200),
        ("/models/iris/predict", "application/json; charset=latin-1", 415),
        ("/models/iris/predict", "application/x-www-form-urlencoded", 415),
        ("/models/iris/predict", "application/python-pickle", 415),
        ("/models/iris/predict", "text/csv", 415),
        ("/models/iris/invocations", "application/json", 200),
        ("/models/iris/invocations", "text/csv", 200),
        ("/models/iris/invocations", "application/octet-stream", 415),
        ("/v2/models/iris/infer", "application/json", 200),
        ("/v2/models/iris/infer", "application/octet-stream", 415),
        ("/v2/models/iris/infer", "text/csv", 415),
    ],
)
def test_each_protocol_takes_its_content_types(shared_stage: Stage, path: str, content_type: str, status: int) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = shared_stage.client.post(path, content=b'{"inputs":[1]}', headers=headers)

    assert answer.status_code == status
    assert shared_stage.records()[-1].content_type == content_type


def test_a_workers_refusal_reaches_the_caller_and_its_traceback_only_the_record(shared_stage: Stage) -> None:
    fault = {"code": "model_error", "detail": "the model raised ValueError", "traceback": "Traceback: secret.py line 3"}
    answer = shared_stage.predict(do="status", status=500, payload=fault)

    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:unshelf:problem:model_error", "title": "Internal Server Error", "status": 500, "code": "model_error",
        "detail": "the model raised ValueError", "id": answer.headers["x-prediction-id"],
    }  # fmt: skip
    assert "secret" not in answer.text
    assert json.loads(shared_stage.records()[-1].output)["traceback"] == "Traceback: secret.py line 3"


def test_the_faults_of_an_input_are_listed(shared_stage: Stage) -> None:
    errors = [{"row": 0, "column": "x", "expected": "float64", "got": "string"}]
    fault = {"code": "invalid_input", "detail": "1 value does not fit", "hint": "look", "errors": errors}
    answer = shared_stage.predict(do="status", status=422, payload=fault)

    assert answer.status_code == 422
    assert (answer.json()["errors"], answer.json()["hint"]) == (errors, "look")


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
def test_compressed_bodies_are_taken(shared_stage: Stage, compress) -> None:
    name = "gzip" if compress is gzip.compress else "deflate"
    body = compress(b'{"inputs":["' + b"x" * 200_000 + b'"]}')
    answer = shared_stage.client.post("/models/iris/predict", content=body, headers={"content-encoding": name})

    assert answer.status_code == 200
    assert answer.json()["outputs"] == ["x" * 200_000]


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"),
    [
        (gzip.compress(b"0" * (2 << 20), mtime=0), "gzip", 413, "body_too_large"),
        (b"no gzip at all", "gzip", 400, "malformed_request"),
        (gzip.compress(b"[1]", mtime=0)[:-4], "gzip", 400, "malformed_request"),
        (b"[1]", "br", 415, "unsupported_media_type"),
    ],
)
def test_bad_compression_is_refused(shared_stage: Stage, body: bytes, encoding: str, status: int, code: str) -> None:
    answer = shared_stage.client.post("/models/iris/predict", content=body, headers={"content-encoding": encoding})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert shared_stage.records()[-1].status == status


@pytest.mark.parametrize("wish", ["0", "-1", "nan", "inf", "soon", "1e999"])
def test_a_deadline_must_be_a_number_of_seconds(shared_stage: Stage, wish: str) -> None:
    answer = shared_stage.client.post("/models/iris/predict", json={"inputs": [1]}, headers={"X-Request-Timeout": wish})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_aliases_and_shares_lead_to_their_versions(stage: Stage) -> None:
    shares = [Share(version=1, percent=50.0), Share(version=3, percent=50.0)]
    versions = {number: version() for number in (1, 2, 3)}
    stage.publish({"iris": one_model(versions=versions, aliases={"champion": 2}, release=shares)})
    wait_until(lambda: stage.predict(reference="iris:3").status_code == 200)

    assert stage.predict(reference="iris@champion").json()["version"] == 2
    drawn = {stage.predict().json()["version"] for _ in range(60)}
    assert drawn == {1, 3}


def test_a_version_just_published_is_never_unknown(stage: Stage) -> None:
    for number in range(2, 12):
        versions = {known: version() for known in range(1, number + 1)}
        stage.publish({"iris": one_model(versions=versions)})
        assert stage.predict(reference=f"iris:{number}").status_code == 200


def test_paused_models_and_versions_are_unavailable_and_say_so(stage: Stage) -> None:
    stage.publish({"iris": one_model(paused=True), "rose": one_model(versions={1: version(paused=True)})})
    wait_until(lambda: stage.predict().status_code == 503)

    for reference in ("iris", "iris:1", "rose", "rose:1"):
        answer = stage.predict(reference=reference)
        assert (answer.status_code, answer.json()["code"]) == (503, "paused")
        assert int(answer.headers["retry-after"]) > 0


def test_a_model_without_a_live_version_names_those_that_can_be_called(stage: Stage) -> None:
    stage.publish({"iris": one_model(release=[], versions={1: version(), 2: version()})})
    wait_until(lambda: stage.predict().status_code == 404)

    assert "iris:1, iris:2" in stage.predict().json()["hint"]


def test_a_broken_index_changes_nothing(stage: Stage) -> None:
    stage.publish_bytes(b"{broken")
    wait_until(lambda: any("can't be read" in line["event"] for line in stage.logged()))

    assert stage.predict().status_code == 200
    stage.publish({"rose": one_model()})
    wait_until(lambda: stage.predict(reference="rose").status_code == 200)
    assert stage.predict().status_code == 404


def test_only_post_predicts(shared_stage: Stage) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = shared_stage.client.request(method, "/models/iris/predict")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_the_server_is_alive_and_ready_without_a_token(shared_stage: Stage) -> None:
    assert httpx.get(f"{shared_stage.url}/healthz", timeout=60).status_code == 200
    ready = httpx.get(f"{shared_stage.url}/readyz", headers={"HostClient": "10.0.0.7"}, timeout=60)
    assert ready.json() == {
        "ready": True,
        "parts": {"routing": True, "host": True, "recording": True, "accepting": True},
    }
    assert TOKEN not in ready.text
