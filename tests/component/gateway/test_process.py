"""The process itself: how it starts, stops, and hands the socket on."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN
from tests.support.waiting import wait_until


def test_told_to_stop_it_answers_what_is_in_flight(stage: Stage) -> None:
    stage.predict()
    with ThreadPoolExecutor(4) as pool:
        slow = [pool.submit(stage.predict, do="sleep", seconds=1.0) for _ in range(4)]
        wait_until(lambda: len(stage.host.workers["iris", 1].seen) == 5)

        assert stage.stop_gateway() == 0

    assert [answer.result().status_code for answer in slow] == [200] * 4
    last = stage.logged()[-1]
    assert (last["event"], last["answered"], last["recorded"]) == ("the gateway ends", 5, 5)


def test_connections_made_while_it_restarts_are_answered_by_the_next(stage: Stage) -> None:
    assert stage.stop_gateway() == 0
    with ThreadPoolExecutor(4) as pool:
        waiting = [
            pool.submit(
                httpx.post, f"{stage.url}/models/iris/predict", json={"inputs": [number]}, timeout=60,
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            for number in range(4)
        ]  # fmt: skip
        stage.start_gateway()

    assert [answer.result().json()["outputs"] for answer in waiting] == [[number] for number in range(4)]


def test_two_gateways_share_the_socket(stage: Stage) -> None:
    first = (stage.process, stage.log)
    stage.start_gateway()
    try:
        wait_until(lambda: [line["event"] for line in stage.logged()].count("the gateway serves") == 2)
        assert stage.stop_gateway() == 0
    finally:
        stage.process, stage.log = first

    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        assert client.post(f"{stage.url}/models/iris/predict", json={"inputs": [1]}).status_code == 200


def test_left_alone_it_ends(stage: Stage) -> None:
    assert stage.process.stdin is not None
    stage.process.stdin.close()

    assert stage.end_of_gateway() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_kept_connection_does_not_hold_it_up(stage: Stage, number: signal.Signals) -> None:
    assert stage.predict().status_code == 200  # the client keeps its connection

    stage.process.send_signal(number)

    assert stage.end_of_gateway() == 0


def test_it_logs_json_lines_only_and_never_a_token(stage: Stage) -> None:
    stage.predict()
    stage.client.get("/api/v1/models")
    assert stage.stop_gateway() == 0

    lines = stage.logged()
    assert [line["event"] for line in lines][-1] == "the gateway ends"
    assert all(line["process"] == "gateway" for line in lines)
    assert TOKEN not in (stage.home / "gateway.log").read_text()


@pytest.mark.parametrize("arguments", [[], ["{"], ['{"index":0}'], ["{}", "{}"]])
def test_a_bad_argument_is_said_and_nothing_starts(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "unshelf.gateway", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)

    assert said.returncode == 2
    assert "GatewayConfig" in said.stderr
    assert "Traceback" not in said.stderr


def test_while_it_drains_what_comes_is_refused_at_once_and_recorded(set_stage: Callable[..., Stage]) -> None:
    """Given a prediction that takes too long, when the server is to stop, then probes and new requests are answered at once, and the one
    in flight when its time is over; each has its record."""
    stage = set_stage(drain_seconds=3.0)
    stage.predict()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(stage.predict, do="hang")
        wait_until(lambda: len(stage.host.workers["iris", 1].seen) == 2)
        stage.process.send_signal(signal.SIGTERM)

        def asked(method: str, path: str, **fields: Any) -> httpx.Response:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            return httpx.request(method, f"{stage.url}{path}", headers=headers, timeout=60, **fields)

        wait_until(lambda: asked("GET", "/readyz").status_code == 503)
        began = time.monotonic()
        ready, alive = asked("GET", "/readyz"), asked("GET", "/healthz")
        refused = asked("POST", "/models/iris/predict", json={"inputs": [7]})
        page = asked("GET", "/api/v1/models")
        seconds = time.monotonic() - began
        assert stage.end_of_gateway() == 0

    assert ready.json()["parts"]["accepting"] is False
    assert alive.status_code == 200
    assert [(each.status_code, each.json()["code"]) for each in (refused, page)] == [(503, "unavailable")] * 2
    assert all(int(each.headers["retry-after"]) >= 1 for each in (refused, page, slow.result()))
    assert seconds < 2.0
    assert slow.result().status_code == 503
    assert "longer than 3 seconds" in slow.result().json()["detail"]
    assert sorted(record.status for record in stage.records()) == [200, 503, 503]
    last = stage.logged()[-1]
    assert (last["answered"], last["recorded"], last["lost"]) == (3, 3, 0)
