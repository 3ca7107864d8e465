"""Following predictions over the API of a running control."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.segments import append, held, record, sheets, write


def test_following_over_the_api_shows_predictions_as_they_come(control: InProcessControl) -> None:
    control.deploy("iris")
    segment = control.home.predictions / "1-0-a.seg"
    write(segment, record(1, time_ns=time.time_ns()))
    url = "/api/v1/models/iris/predictions"
    with held(segment), control.http.stream("GET", url, params={"follow": True}) as answer:
        lines = answer.iter_lines()
        assert json.loads(next(lines))["id"] == "p1"
        for number in (2, 3):
            append(segment, sheets(record(number, time_ns=time.time_ns())))
            assert json.loads(next(lines))["id"] == f"p{number}"


@pytest.fixture
def control(tmp_path: Path) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path / "home") as running:
        yield running


def read(control: InProcessControl, reference: str, **query: Any) -> list[dict[str, Any]]:
    answer = control.http.get(f"/api/v1/models/{reference}/predictions", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_the_log_of_a_model_over_the_api(control: InProcessControl) -> None:
    """Given predictions of two versions, when asked by name, number and alias, then each shows its own, with all facts."""
    control.deploy("iris", alias="champion")
    control.deploy("iris", b"2")
    now = time.time_ns()
    write(
        control.home.predictions / "1-0-a.seg",
        record(1, time_ns=now), record(2, time_ns=now + 1000, version=2, status=500, code="model_error"),
    )  # fmt: skip
    assert [one["id"] for one in read(control, "iris")] == ["p1", "p2"]
    assert [one["id"] for one in read(control, "iris", tail=1)] == ["p2"]
    assert [one["id"] for one in read(control, "iris:2")] == ["p2"]
    assert [one["id"] for one in read(control, "iris", status="5xx")] == ["p2"]
    (first,) = read(control, "iris@champion")
    assert (first["latency_ms"], first["queue_ms"], first["predict_ms"]) == (1.5, 0.2, 0.7)
    assert (first["input"], first["output"]) == ({"inputs": [[1.0]]}, [0])
    assert first["time"].endswith("Z")
    control.http.delete("/api/v1/models/iris").raise_for_status()
    assert len(read(control, "iris")) == 2, "what a removed model answered stays known"
    for path, status in [("nothing", 404), ("iris@champion", 404)]:
        assert control.http.get(f"/api/v1/models/{path}/predictions").status_code == status
    assert control.http.get("/api/v1/models/iris/predictions", params={"status": "bad"}).status_code == 422
    assert control.http.get("/api/v1/models/iris/predictions", params={"tail": -1}).status_code == 422
