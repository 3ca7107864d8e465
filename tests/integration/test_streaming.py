"""Streams on a real platform: chunks arrive while the model is still at work, one record tells all, and every end is clear."""

import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.waiting import wait_until
from unshelf.runtime.routing_file import read_routing

EVENTS = {"Accept": "text/event-stream"}
CODE = """
import time
from pathlib import Path


def predict(rows):
    folder, steps = rows[0]["folder"], rows[0]["steps"]
    if steps == 0:
        return [0.5]
    return words(folder, steps)


def words(folder, steps):
    try:
        wait_for(folder, "start")
        for step in range(steps):
            yield {"step": step}
            wait_for(folder, f"go-{step}")
        if steps == 13:
            raise ValueError("thirteen")
    finally:
        if folder:
            Path(folder, "closed").touch()


def wait_for(folder, name):
    while folder and not Path(folder, name).exists():
        time.sleep(0.005)
"""
EXAMPLE = [{"folder": "", "steps": 2}]


@pytest.fixture(scope="module")
def platform(open_platform: Platform) -> Platform:
    """Models of these tests meet them at files."""
    return open_platform


@pytest.fixture(scope="module")
def model(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = write_model(tmp_path_factory.mktemp("words"), name="words", code=CODE, example=EXAMPLE)
    platform.cli("deploy", str(folder))
    return "words"


def ask(folder: Path | str, steps: int) -> dict[str, Any]:
    return {"inputs": [{"folder": str(folder), "steps": steps}]}


def events(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    lines = response.iter_lines()
    for line in lines:
        if line.startswith("event: "):
            yield line[7:], json.loads(next(lines)[6:])


def record_of(platform: Platform, id: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def there() -> bool:
        found[:] = [record for record in platform.records("words") if record["id"] == id]
        return bool(found)

    wait_until(there, what="the record")
    (record,) = found
    return record


def worker_of(platform: Platform, name: str) -> psutil.Process:
    (replica,) = platform.http.get(f"/api/v1/models/{name}").json()["version"]["replicas"]
    return psutil.Process(replica["pid"])


def test_chunks_arrive_one_by_one_while_the_model_is_at_work(platform: Platform, model: str, tmp_path: Path) -> None:
    (tmp_path / "start").touch()
    with platform.http.stream("POST", f"/models/{model}/predict", json=ask(tmp_path, 3), headers=EVENTS) as response:
        assert response.headers["content-type"] == "text/event-stream"
        id = response.headers["x-prediction-id"]
        found = events(response)
        for step in range(3):
            assert next(found) == ("output", {"step": step})
            assert not (tmp_path / "closed").exists()  # the model waits for the next file
            assert [one for one in platform.records(model) if one["id"] == id] == []
            (tmp_path / f"go-{step}").touch()
        assert next(found) == ("done", {"id": id, "model": model, "version": 1})
        assert list(found) == []
    record = record_of(platform, id)
    assert (record["status"], record["output"]) == (200, [{"step": 0}, {"step": 1}, {"step": 2}])


def test_other_ways_of_asking_get_all_chunks(platform: Platform, model: str) -> None:
    chunks = [{"step": 0}, {"step": 1}]
    assert platform.predict(model, ask("", 2)["inputs"]) == chunks
    mlflow = platform.http.post(f"/models/{model}/invocations", json=ask("", 2), headers=EVENTS)
    assert mlflow.json() == {"predictions": chunks}
    tensors = [
        {"name": "folder", "datatype": "BYTES", "shape": [1], "data": [""]},
        {"name": "steps", "datatype": "INT64", "shape": [1], "data": [2]},
    ]
    v2 = platform.http.post(f"/v2/models/{model}/infer", json={"inputs": tensors})
    assert v2.json()["outputs"] == [{"name": "step", "datatype": "INT64", "shape": [2], "data": [0, 1]}]
    told = platform.http.get(f"/v2/models/{model}").json()
    assert told["outputs"] == [{"name": "step", "datatype": "INT64", "shape": [-1]}]
    whole = platform.http.post(f"/models/{model}/predict", json=ask("", 0), headers=EVENTS)
    assert whole.text.startswith("event: output\ndata: [0.5]\n\nevent: done\n")


def test_the_check_s_findings_are_shown(platform: Platform, model: str) -> None:
    checks = platform.http.get(f"/api/v1/models/{model}").json()["version"]["checks"]
    assert (checks["streams"], checks["batchable_reason"]) == (True, "it yields its answer in chunks")
    assert read_routing(platform.home / "run").models[model].versions[1].streams
    said = platform.cli("show", model).stdout
    assert "streams" in said
    assert "no: it yields its answer in chunks" in said


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_request"),
        (b'{"inputs": [{"folder": 1, "steps": 2}]}', 422, "invalid_input"),
        (b'{"inputs": []}', 422, "invalid_input"),
        (b'{"rows": []}', 422, "invalid_input"),
        (b'{"inputs": [{"folder": "", "steps": 2.5}]}', 422, "invalid_input"),
    ],
)
def test_bad_input_is_an_ordinary_problem(platform: Platform, model: str, body: bytes, status: int, code: str) -> None:
    headers = {**EVENTS, "Content-Type": "application/json"}
    answer = platform.http.post(f"/models/{model}/predict", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert record_of(platform, answer.json()["id"])["status"] == status


def test_a_model_that_raises_midway(platform: Platform, model: str) -> None:
    answer = platform.http.post(f"/models/{model}/predict", json=ask("", 13), headers=EVENTS)
    assert answer.status_code == 200
    *_, error = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert (error["code"], error["detail"]) == ("model_error", "The model raised ValueError.")
    assert "thirteen" not in answer.text
    record = record_of(platform, error["id"])
    assert (record["status"], record["code"]) == (500, "model_error")
    assert "ValueError: thirteen" in json.dumps(record)
    assert '"step": 12' in json.dumps(record)


def test_a_caller_who_leaves_ends_the_generator(platform: Platform, model: str, tmp_path: Path) -> None:
    for name in ("start", *(f"go-{step}" for step in range(1, 5))):
        (tmp_path / name).touch()
    with platform.http.stream(
        "POST", f"/models/{model}/predict", json=ask(tmp_path, 1_000_000), headers=EVENTS
    ) as response:
        id = response.headers["x-prediction-id"]
        assert next(events(response)) == ("output", {"step": 0})
    assert record_of(platform, id)["code"] == "client_gone"
    (tmp_path / "go-0").touch()  # only now the model comes to its next yield, where it hears of it
    wait_until((tmp_path / "closed").exists, what="the generator is closed")
    assert platform.predict(model, ask("", 1)["inputs"]) == [{"step": 0}]


@pytest.mark.long
def test_a_worker_killed_midway_ends_the_stream_and_nothing_else(
    start_platform: Callable[..., Platform], tmp_path: Path
) -> None:
    platform = start_platform(gateways="1", sandbox="off")
    platform.cli("deploy", str(write_model(tmp_path / "m", name="words", code=CODE, example=EXAMPLE)))
    place = tmp_path / "place"
    place.mkdir()
    (place / "start").touch()
    with platform.http.stream("POST", "/models/words/predict", json=ask(place, 3), headers=EVENTS) as response:
        found = events(response)
        assert next(found) == ("output", {"step": 0})
        worker_of(platform, "words").send_signal(signal.SIGKILL)
        ((event, problem),) = list(found)
    assert (event, problem["code"]) == ("error", "unavailable")
    record = record_of(platform, problem["id"])
    assert (record["status"], record["attempts"]) == (503, 1)
    assert platform.predict("words", ask("", 1)["inputs"]) == [{"step": 0}]


@pytest.mark.long
def test_a_worker_killed_before_the_first_chunk_costs_no_error(
    start_platform: Callable[..., Platform], tmp_path: Path
) -> None:
    platform = start_platform(gateways="1", sandbox="off")
    code = CODE.replace("def predict(rows):", "def predict(rows):\n    mark(rows[0]['folder'])") + (
        "\n\ndef mark(folder):\n    import os\n    if folder:\n        Path(folder, f'pid-{os.getpid()}').touch()\n"
    )
    platform.cli("deploy", str(write_model(tmp_path / "m", name="words", code=code, example=EXAMPLE)))
    place = tmp_path / "place"
    place.mkdir()

    def kill_the_first() -> None:
        wait_until(lambda: len(list(place.glob("pid-*"))) == 1, what="the first worker has begun")
        (first,) = place.glob("pid-*")
        psutil.Process(int(first.name[4:])).send_signal(signal.SIGKILL)
        wait_until(lambda: len(list(place.glob("pid-*"))) == 2, what="the second worker has begun")
        for name in ("start", "go-0"):
            (place / name).touch()

    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(kill_the_first)
        answer = platform.http.post("/models/words/predict", json=ask(place, 1), headers=EVENTS)
        killed.result()
    assert answer.text.startswith('event: output\ndata: {"step":0}\n\nevent: done\n')
    (record,) = platform.records("words")
    assert (record["status"], record["attempts"]) == (200, 2)
