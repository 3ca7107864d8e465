"""Every outcome stands in a segment before its caller hears of it, and survives the gateway's death."""

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN, hashed, one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.records import MAGIC
from unshelf.contracts.routing import KeyRoute
from unshelf.runtime.segment_reader import heads


def test_every_answer_heard_before_a_kill_is_recorded(stage: Stage) -> None:
    heard: list[str] = []

    def ask(number: int) -> None:
        try:
            heard.append(stage.predict([number]).headers["x-prediction-id"])
        except httpx.TransportError:
            return

    with ThreadPoolExecutor(8) as pool:
        for number in range(400):
            pool.submit(ask, number)
        wait_until(lambda: len(heard) > 100)
        stage.process.send_signal(signal.SIGKILL)
        assert stage.end_of_gateway() == -signal.SIGKILL
        stage.start_gateway()

    assert len(heard) == len(set(heard)) > 100
    assert set(heard) <= {record.id for record in stage.records()}
    assert stage.predict().status_code == 200


def test_answered_and_recorded_are_equal_at_the_end(stage: Stage) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: stage.predict([number], reference="iris" if number % 3 else "tulip"), range(100)))

    assert stage.stop_gateway() == 0
    last = stage.logged()[-1]
    assert (last["event"], last["answered"], last["recorded"]) == ("the gateway ends", 100, 100)
    assert len(stage.records()) == 100
    assert sum(record.status == 404 for record in stage.records()) == 34


def test_calls_of_every_sort_at_once_are_each_recorded_as_they_were(stage: Stage) -> None:
    """Given two keys, three references to two versions, other content types, traces and failures, all at once, so that answers of
    every sort come together, then each record says what its own caller sent and heard."""
    stage.publish(
        {"iris": one_model(versions={1: version(), 2: version()})},
        keys={
            hashed(TOKEN): KeyRoute(id="k1", name="one", permissions=("model.predict",)),
            hashed("other"): KeyRoute(id="k2", name="two", permissions=("model.predict",)),
        },
    )  # fmt: skip

    def ask(number: int) -> tuple[str, tuple[Any, ...]]:
        key, token = (("k1", TOKEN), ("k2", "other"))[number // 25 % 2]
        reference = ("iris", "iris:1", "iris:2", "nobody")[number // 50 % 4]
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": ("application/json", "application/json; x=y")[number // 16 % 2],
        }
        trace = f"{number + 1:032x}" if number % 5 == 0 else ""
        if trace:
            headers["traceparent"] = f"00-{trace}-{'a' * 16}-01"
        fails = {"do": "status", "status": 500, "payload": {"code": "model_error", "detail": f"{number} is too much"}}
        lasts = {"do": "sleep", "seconds": 0.05}  # so that many are answered in one moment
        body = json.dumps({"inputs": [number], **(fails if number % 7 == 0 else lasts)}).encode()
        answer = stage.client.post(f"/models/{reference}/predict", content=body, headers=headers)
        told = answer.json()
        output = (
            json.dumps(told["outputs"], separators=(",", ":")).encode() if answer.status_code == 200 else told["code"]
        )
        expected = (key, reference, headers["content-type"], trace, body, answer.status_code, output)
        return answer.headers["x-prediction-id"], expected

    with ThreadPoolExecutor(32) as pool:
        heard = dict(pool.map(ask, range(600)))

    recorded = {
        record.id: (
            record.key, record.reference, record.content_type, record.trace, record.input, record.status,
            record.output.replace(b" ", b"") if record.status == 200 else record.code,
        )
        for record in stage.records()
    }  # fmt: skip
    assert recorded == heard
    assert {status for *_, status, _ in heard.values()} == {200, 404, 500}
    segments = (stage.home / "predictions").glob("*.seg")
    assert any(len(sheet.times_ns) > 1 for segment in segments for sheet in heads(segment))


def test_a_client_that_left_is_recorded_all_the_same(stage: Stage) -> None:
    with pytest.raises(httpx.ReadTimeout):
        stage.client.post("/models/iris/predict", json={"inputs": [1], "do": "sleep", "seconds": 0.5}, timeout=0.2)

    wait_until(lambda: len(stage.records()) == 1)
    assert stage.records()[0].status == 200


def test_segments_are_rolled_and_their_names_sort(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(segment_bytes=2000)
    ids = [stage.predict(["x" * 200]).json()["id"] for _ in range(20)]

    segments = sorted((stage.home / "predictions").glob("*.seg"))
    assert len(segments) > 3
    assert [record.id for record in stage.records()] == ids
    assert all(segment.read_bytes().startswith(MAGIC) for segment in segments)
    assert {segment.stat().st_mode & 0o777 for segment in segments} == {0o600}


def test_a_gateway_that_was_not_asked_leaves_no_segment(stage: Stage) -> None:
    assert len(list((stage.home / "predictions").iterdir())) == 1

    assert stage.stop_gateway() == 0
    assert list((stage.home / "predictions").iterdir()) == []


def test_what_can_not_be_recorded_is_not_given(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(segment_bytes=1)  # so that every write begins a segment
    assert stage.predict().status_code == 200
    predictions = stage.home / "predictions"
    away = stage.home / "away"
    predictions.rename(away)

    answer = stage.predict()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "record" in answer.json()["detail"]
    assert answer.json()["id"] == answer.headers["x-prediction-id"]
    assert any(line["event"] == "predictions can't be recorded" for line in stage.logged())
    away.rename(predictions)
    assert stage.predict().status_code == 200
    assert [record.status for record in stage.records()] == [200, 200]


def test_a_full_disk_leaves_whole_records_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unshelf.gateway.records.segment import Segment

    segment = Segment(tmp_path, 0)
    segment.append(b"whole")
    real_write = os.write

    def full_after_three_bytes(descriptor: int, data: memoryview) -> int:
        if len(data) > 3:
            return real_write(descriptor, data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full_after_three_bytes)
    with pytest.raises(OSError, match="No space"):
        segment.append(b"broken")
    monkeypatch.undo()

    assert segment.path.read_bytes() == MAGIC + b"whole"
    segment.close()


def test_binary_requests_are_kept_as_they_came(stage: Stage) -> None:
    part = json.dumps({"inputs": []}).encode()
    body = part + b"\x00\xff\x01"
    headers = {"Inference-Header-Content-Length": str(len(part)), "Content-Type": "application/octet-stream"}

    answer = stage.client.post("/v2/models/iris/infer", content=body, headers=headers)

    assert answer.status_code == 200
    assert answer.headers["inference-header-content-length"] == str(len(b'{"outputs": []}'))
    record = stage.records()[-1]
    assert (record.protocol, record.input, record.input_header) == ("v2", body, len(part))
    assert (record.output, record.output_header) == (answer.content, 15)
