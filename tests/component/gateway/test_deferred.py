"""Deferred predictions at a gateway: accepted, run in their turn, polled, fetched, cancelled, and refused when they can't be."""

import hashlib
import json
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.component.gateway.test_metrics import KEYS, samples
from tests.support.routes import hashed, one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Recording
from unshelf.contracts.routing import KeyRoute, RequestLimits, Share

OTHER = "unshelf_" + "o" * 43
ADMIN = "unshelf_" + "a" * 43
LATER = {"Prefer": "respond-async"}
CALLERS = {
    hashed(OTHER): KeyRoute(id="k8", name="other", permissions=("model.predict",)),
    hashed(ADMIN): KeyRoute(id="k9", name="admin", permissions=("model.predict", "metrics.read", "deferred.manage")),
}


def submit(
    stage: Stage, inputs: Any = None, reference: str = "iris", headers: Any = None, **fields: Any
) -> httpx.Response:
    body = {"inputs": [1.5] if inputs is None else inputs, **fields}
    return stage.client.post(f"/models/{reference}/predict", json=body, headers={**LATER, **(headers or {})})


def accepted(stage: Stage, *arguments: Any, **fields: Any) -> str:
    """The address of one that was accepted."""
    answer = submit(stage, *arguments, **fields)
    assert answer.status_code == 202, answer.text
    return urljoin(answer.url.path, answer.headers["location"])


def state(stage: Stage, url: str) -> dict[str, Any]:
    answer = stage.client.get(url)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def finished(stage: Stage, url: str) -> dict[str, Any]:
    wait_until(lambda: "finished_at" in state(stage, url))
    return state(stage, url)


def files(stage: Stage, folder: str) -> list[str]:
    return sorted(path.name for path in (stage.home / "deferred" / folder).iterdir())


def test_a_prediction_is_accepted_run_and_fetched(stage: Stage) -> None:
    answer = submit(stage, [4.5])

    assert answer.status_code == 202
    said = answer.json()
    assert said == {
        "id": said["id"],
        "model": "iris",
        "version": 1,
        "status": "queued",
        "url": urljoin(answer.url.path, answer.headers["location"]),
    }
    assert urljoin(answer.url.path, answer.headers["location"]) == f"/models/iris/predictions/{said['id']}"
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.headers["retry-after"] == "1"
    done = finished(stage, said["url"])
    assert (done["status"], done["outputs"]) == ("succeeded", [4.5])
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]
    whole = stage.client.get(done["answer_url"])
    assert (whole.status_code, whole.headers["x-prediction-id"]) == (200, done["prediction_id"])
    assert whole.json() == {"id": done["prediction_id"], "model": "iris", "version": 1, "outputs": [4.5]}
    assert "predict;dur=" in whole.headers["server-timing"]
    (record,) = stage.records()
    assert (record.id, record.status, record.key, record.output) == (done["prediction_id"], 200, "k1", b"[4.5]")
    assert record.reference == "iris"
    assert files(stage, "requests") == files(stage, "attempts") == []


def test_the_version_is_the_one_of_its_acceptance(stage: Stage) -> None:
    stage.publish({"iris": one_model(paused=True)})
    wait_until(lambda: stage.predict().status_code == 503)
    assert submit(stage).json()["code"] == "paused"
    stage.publish({"iris": one_model()})
    wait_until(lambda: stage.predict().status_code == 200)
    first = accepted(stage, [1], do="sleep", seconds=0.5)
    second = accepted(stage, [2])
    both = {1: version(), 2: version()}
    stage.publish({"iris": one_model(versions=both, release=[Share(version=2, percent=100.0)])})
    wait_until(lambda: stage.predict().json().get("version") == 2)
    assert [finished(stage, url)["version"] for url in (first, second)] == [1, 1]


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("predict", "application/json", b'{"inputs": [1, {"do": 2}]}'),
        ("predict", "application/json", b'{"inputs": "\xc3\xa9"}'),
        ("predict", "application/json", b"not JSON"),
        ("invocations", "application/json", b'{"inputs": [[1]]}'),
        ("invocations", "text/csv", b'{"csv": 1}'),
    ],
)
def test_the_answer_is_the_one_that_a_synchronous_call_gets(stage: Stage, path: str, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind}
    now = stage.client.post(f"/models/iris/{path}", content=body, headers=headers)
    later = stage.client.post(f"/models/iris/{path}", content=body, headers={**headers, **LATER})
    assert later.status_code == 202
    done = finished(stage, urljoin(later.url.path, later.headers["location"]))
    whole = stage.client.get(done["answer_url"])

    assert whole.status_code == now.status_code
    ids = (now.headers["x-prediction-id"].encode(), whole.headers["x-prediction-id"].encode())
    assert whole.content == now.content.replace(*ids)
    assert {*whole.headers} == {*now.headers}
    assert whole.headers["content-type"] == now.headers["content-type"]
    assert done["status"] == ("succeeded" if now.status_code == 200 else "failed")
    assert ("outputs" in done) == (path == "predict" and now.status_code == 200)
    assert ("problem" in done) == (now.status_code != 200)
    assert [record.status for record in stage.records()] == [now.status_code] * 2


def test_a_long_arrow_body_keeps_its_beginning_and_its_digest_in_the_record(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(recorded_arrow_bytes=10)
    body = b'{"inputs": [1, 2, 3]}'
    headers = {
        **LATER,
        "Content-Type": "application/vnd.apache.arrow.stream",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }
    answer = stage.client.post("/models/iris/predict", content=body, headers=headers)
    assert finished(stage, urljoin(answer.url.path, answer.headers["location"]))["status"] == "succeeded"
    (record,) = stage.records()
    assert (record.protocol, record.input, record.input_size) == ("arrow", body[:10], len(body))
    assert record.input_sha256 == hashlib.sha256(body).hexdigest()
    assert record.trace == "a" * 32


def test_so_many_run_at_a_time_and_the_oldest_begins_first(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(deferred_concurrency=2)
    first, second = accepted(stage, do="hang"), accepted(stage, do="hang")
    others = [accepted(stage, [number]) for number in range(4)]
    wait_until(lambda: [state(stage, url)["status"] for url in (first, second)] == ["running"] * 2)
    assert {state(stage, url)["status"] for url in others} == {"queued"}

    stage.client.delete(first)

    assert [finished(stage, url)["outputs"] for url in others] == [[0], [1], [2], [3]]
    assert state(stage, second)["status"] == "running"
    assert [record.output for record in stage.records()[1:]] == [b"[0]", b"[1]", b"[2]", b"[3]"]


def test_an_answer_within_the_wait_is_the_ordinary_one(stage: Stage) -> None:
    quick = submit(stage, [3], headers={"Prefer": "respond-async, wait=10"})
    assert (quick.status_code, quick.json()["outputs"]) == (200, [3])
    assert "location" not in quick.headers
    wait_until(lambda: files(stage, "answers") == [])  # it is removed once it is given
    slow = submit(stage, [3], headers={"Prefer": "wait=1, respond-async"}, do="sleep", seconds=2)
    assert slow.status_code == 202
    assert finished(stage, urljoin(slow.url.path, slow.headers["location"]))["outputs"] == [3]


def test_what_waits_is_cancelled_before_it_runs(stage: Stage) -> None:
    first = accepted(stage, [1], do="hang")
    second = accepted(stage, [2])
    wait_until(lambda: state(stage, first)["status"] == "running")
    assert state(stage, second)["status"] == "queued"

    answer = stage.client.delete(second)

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert "started_at" not in answer.json()
    whole = stage.client.get(f"{second}/answer")
    assert (whole.status_code, whole.json()["code"]) == (410, "cancelled")
    (worker,) = stage.host.every_worker
    assert [seen["inputs"] for seen in worker.seen] == [[1]]
    (record,) = stage.records()
    assert (record.id, record.status, record.code, record.model) == (
        answer.json()["prediction_id"],
        410,
        "cancelled",
        "iris",
    )
    assert json.loads(record.input) == {"inputs": [2]}


def test_what_runs_is_cancelled_at_the_worker_and_the_next_begins(stage: Stage) -> None:
    first, second = accepted(stage, [1], do="hang"), accepted(stage, [2])
    wait_until(lambda: bool(stage.host.every_worker) and bool(stage.host.every_worker[0].seen))
    answer = stage.client.delete(first)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert finished(stage, second)["outputs"] == [2]
    wait_until(lambda: len(stage.host.every_worker[0].cancelled) == 1)
    assert files(stage, "cancelled") == []
    assert [record.status for record in stage.records()] == [410, 200]


def test_a_kept_answer_is_removed(stage: Stage) -> None:
    url = accepted(stage)
    finished(stage, url)
    assert stage.client.delete(url).status_code == 204
    assert stage.client.get(url).status_code == stage.client.delete(url).status_code == 404


def test_another_key_sees_nothing_and_an_administrator_sees_it(stage: Stage) -> None:
    stage.publish({"iris": one_model()}, CALLERS)
    url = accepted(stage)
    finished(stage, url)

    def seen_by(token: str, method: str = "GET", path: str = url) -> httpx.Response:
        return httpx.request(method, f"{stage.url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=60)

    unknown = url[:-4] + "0000"
    for method, path in (("GET", url), ("GET", f"{url}/answer"), ("DELETE", url)):
        wait_until(lambda: seen_by(OTHER).status_code != 401)
        theirs, nobodys = seen_by(OTHER, method, path), seen_by(OTHER, method, path.replace(url, unknown))
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.text.replace(url[-29:], "") == nobodys.text.replace(unknown[-29:], "")
    assert seen_by(ADMIN).json()["status"] == "succeeded"
    assert seen_by(ADMIN, path=url.replace("iris", "rose")).status_code == 404
    assert seen_by("unshelf_" + "z" * 43).status_code == 401


@pytest.mark.parametrize(
    "id", ["x", "d" + "0" * 28, "d" + "0" * 27, "..%2f..%2fadmin-token", "D" + "A" * 28, "%00", "predict"]
)
def test_what_is_no_id_is_not_there(shared_stage: Stage, id: str) -> None:
    answer = shared_stage.client.get(f"/models/iris/predictions/{id}/answer")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_other_methods_and_answers_too_early_are_told(stage: Stage) -> None:
    url = accepted(stage, do="hang")
    assert stage.client.put(url).headers["allow"] == "GET, DELETE"
    assert stage.client.delete(f"{url}/answer").status_code == 405
    early = stage.client.get(f"{url}/answer")
    assert (early.status_code, early.json()["code"], early.headers["retry-after"]) == (409, "conflict", "1")


def test_what_can_be_refused_is_refused_at_once_and_recorded(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(max_body_bytes=1000)
    stage.publish(
        {
            "iris": one_model(),
            "rose": one_model(paused=True),
            "lily": one_model(limits=RequestLimits(rate=0.001, burst=1)),
        },
        {hashed(OTHER): KeyRoute(id="k8", name="other", permissions=("model.predict",), models=["rose"])},
    )
    wait_until(lambda: stage.predict(reference="rose").status_code == 503)
    before = len(stage.records())
    other = httpx.post(
        f"{stage.url}/models/iris/predict",
        json={"inputs": [1]},
        headers={"Authorization": f"Bearer {OTHER}", **LATER},
        timeout=60,
    )
    refusals = [
        other,
        submit(stage, reference="tulip"),
        submit(stage, reference="rose"),
        submit(stage, ["x" * 2000]),
        submit(stage, headers={"Content-Type": "text/html"}),
        submit(stage, headers={"X-Request-Timeout": "soon"}),
        submit(stage, headers={"Authorization": "Bearer nobody"}),
    ]
    assert [answer.status_code for answer in refusals] == [403, 404, 503, 413, 415, 400, 401]
    assert all(answer.json()["code"] and "preference-applied" not in answer.headers for answer in refusals)
    assert submit(stage, reference="lily").status_code == 202
    limited = submit(stage, reference="lily")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "1000")
    wait_until(lambda: len(stage.records()) == before + 8)
    told = {answer.json().get("id"): answer.status_code for answer in [*refusals[:-1], limited]}
    assert {record.id: record.status for record in stage.records()[before:] if record.status != 200} == told
    wait_until(lambda: files(stage, "requests") == [])


def test_a_caller_without_a_preference_or_with_another_is_answered_as_ever(stage: Stage) -> None:
    for headers in ({"Prefer": "return=minimal"}, {"Prefer": "wait=3"}, {**LATER, "Accept": "text/event-stream"}):
        answer = stage.client.post("/models/iris/predict", json={"inputs": [1]}, headers=headers)
        assert answer.status_code == 200
        assert "preference-applied" not in answer.headers
    assert not [path for path in (stage.home / "deferred").rglob("*") if path.is_file()]


def test_values_that_are_redacted_are_never_kept_for_later(stage: Stage) -> None:
    stage.publish({"iris": one_model(versions={1: version(recording=Recording(redact=["x"]))})})
    wait_until(lambda: submit(stage, [5]).status_code == 200)
    assert "preference-applied" not in submit(stage, [5]).headers
    submit(stage, [777_777])
    assert not [
        path for path in (stage.home / "deferred").rglob("*") if path.is_file() and b"777777" in path.read_bytes()
    ]


def test_a_full_queue_is_told(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(deferred_queue=3, deferred_queue_bytes=500)
    first = accepted(stage, do="hang")
    large = submit(stage, ["x" * 600])
    assert (large.status_code, large.json()["code"], large.headers["retry-after"]) == (503, "overloaded", "10")
    accepted(stage)
    assert submit(stage).json()["code"] == "too_many_requests"
    stage.client.delete(first)
    wait_until(lambda: submit(stage).status_code == 202)


def test_a_disk_that_takes_nothing_is_told_and_leaves_nothing(stage: Stage) -> None:
    shutil.rmtree(stage.home / "deferred")
    (stage.home / "deferred").write_text("no folder can be made here")
    answer = submit(stage)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert stage.predict().status_code == 200
    (stage.home / "deferred").unlink()
    assert finished(stage, accepted(stage))["status"] == "succeeded"


def test_a_model_that_is_paused_meanwhile_makes_them_wait(stage: Stage) -> None:
    first, second = accepted(stage, do="sleep", seconds=0.5), accepted(stage, [2])
    wait_until(lambda: state(stage, first)["status"] != "queued")
    stage.publish({"iris": one_model(paused=True)})
    assert finished(stage, first)["status"] == "succeeded"
    wait_until(lambda: stage.predict().status_code == 503)
    assert state(stage, second)["status"] == "queued"
    stage.publish({"iris": one_model()})
    assert finished(stage, second)["outputs"] == [2]


def test_a_version_that_is_removed_meanwhile_fails_them(stage: Stage) -> None:
    first, second = accepted(stage, do="sleep", seconds=0.5), accepted(stage, [2])
    wait_until(lambda: state(stage, first)["status"] != "queued")
    stage.publish({"iris": one_model(versions={2: version()}, release=[Share(version=2, percent=100.0)])})
    assert finished(stage, first)["status"] == "succeeded"
    done = finished(stage, second)
    assert (done["status"], done["problem"]["code"]) == ("failed", "not_found")


def test_a_key_that_is_revoked_meanwhile_gets_nothing_run(stage: Stage) -> None:
    stage.publish({"iris": one_model()}, CALLERS)
    wait_until(lambda: stage.predict().status_code == 200)
    first = accepted(stage, do="sleep", seconds=0.5)
    wait_until(lambda: submit(stage, [2], headers={"Authorization": f"Bearer {OTHER}"}).status_code == 202)
    stage.publish({"iris": one_model()}, {hashed(ADMIN): CALLERS[hashed(ADMIN)]})
    finished(stage, first)
    wait_until(lambda: len(files(stage, "requests")) == 0)
    assert [record.code for record in stage.records() if record.key == "k8"] == ["unauthenticated"]


@pytest.mark.long
def test_the_deadline_begins_when_it_runs(stage: Stage) -> None:
    stage.publish({"iris": one_model(versions={1: version(timeout=1.0)})})
    wait_until(lambda: stage.predict().status_code == 200)
    urls = [accepted(stage, [number], do="sleep", seconds=0.6) for number in range(3)]
    assert [finished(stage, url)["status"] for url in urls] == ["succeeded"] * 3
    late = finished(stage, accepted(stage, do="hang", headers={"X-Request-Timeout": "0.2"}))
    assert late["problem"]["code"] == "deadline_exceeded"


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_a_new_gateway_takes_up_what_the_last_one_left(stage: Stage, how: signal.Signals) -> None:
    kept = accepted(stage, ["kept"])
    before = finished(stage, kept)
    urls = [accepted(stage, ["runs"], do="sleep", seconds=5), *(accepted(stage, [number]) for number in range(3))]
    wait_until(lambda: state(stage, urls[0])["status"] == "running")

    stage.process.send_signal(how)
    stage.end_of_gateway()
    stage.host.workers.clear()  # the worker of before is still busy
    stage.start_gateway()

    outputs = [finished(stage, url)["outputs"] for url in urls]
    assert outputs == [["runs"], [0], [1], [2]]
    assert state(stage, kept) == before
    ids = [record.id for record in stage.records()]
    for url in [kept, *urls]:
        assert ids.count(state(stage, url)["prediction_id"]) == 1


def test_what_ends_the_gateway_each_time_is_given_up(stage: Stage) -> None:
    url = accepted(stage, do="hang")
    wait_until(lambda: state(stage, url)["status"] == "running")
    (stage.home / "deferred" / "attempts" / url[-29:]).write_bytes(b"." * 5)
    stage.process.kill()
    stage.end_of_gateway()
    stage.start_gateway()
    assert finished(stage, url)["problem"]["code"] == "internal_error"


def test_torn_and_foreign_files_are_said_and_harm_nobody(stage: Stage) -> None:
    stage.stop_gateway()
    folder = stage.home / "deferred" / "requests"
    (folder / ("d" + "1" * 28)).write_bytes(b"UNSHDEF1 torn")
    (folder / "README").write_text("mine")
    stage.start_gateway()
    assert finished(stage, accepted(stage))["status"] == "succeeded"
    said = [line for line in stage.logged() if "set aside" in line["event"]]
    assert len(said) == 2
    assert files(stage, "damaged") == ["requests-README", "requests-d" + "1" * 28]


def test_answers_are_swept(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(deferred_keep_seconds=0.1)
    url = accepted(stage)
    finished(stage, url)
    stage.stop_gateway()
    stage.start_gateway()
    wait_until(lambda: stage.client.get(url).status_code == 404)
    assert files(stage, "answers") == []


def test_they_are_counted(stage: Stage) -> None:
    stage.publish({"iris": one_model()}, KEYS)
    wait_until(lambda: stage.predict().status_code == 200)
    finished(stage, accepted(stage))
    finished(stage, accepted(stage, do="status", status=422, payload={"code": "invalid_input", "detail": "no"}))
    running, waiting = accepted(stage, do="hang"), accepted(stage)
    stage.client.delete(accepted(stage))
    wait_until(lambda: state(stage, running)["status"] == "running")
    found = samples(stage)
    for outcome in ("succeeded", "failed", "cancelled"):
        assert found["unshelf_deferred_finished_total", "iris", outcome, "1"] == 1
    assert found["unshelf_deferred", "iris", "running", "1"] == 1
    assert found["unshelf_deferred", "iris", "queued", "1"] == 1
    assert state(stage, waiting)["status"] == "queued"
    assert found[("unshelf_predictions_answered_total",)] == found[("unshelf_predictions_recorded_total",)]


def test_many_at_once_are_each_answered_and_recorded_once(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(deferred_concurrency=8)
    with ThreadPoolExecutor(8) as pool:
        urls = list(pool.map(lambda number: accepted(stage, [number]), range(60)))
    assert [finished(stage, url)["outputs"] for url in urls] == [[number] for number in range(60)]
    assert sorted(record.id for record in stage.records()) == sorted(state(stage, url)["prediction_id"] for url in urls)
