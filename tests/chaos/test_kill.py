"""kill -9 of any one process while predictions flow: what callers see, what is in the log, and how soon it heals."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.load import Callers
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform, wait_until

HEALED_SECONDS = 5.0


@pytest.fixture
def serving(start_platform: Callable[..., Platform], tmp_path: Path) -> Platform:
    running = start_platform(gateways="1")
    running.cli("deploy", str(write_model(tmp_path / "adder", name="adder")))
    assert running.predict("adder", [{"a": 1.0, "b": 1.0}]) == [2.0]
    return running


def _callers(serving: Platform) -> Callers:
    return Callers(serving.url, serving.token, "adder")


def _assert_every_answer_is_in_the_log(serving: Platform, callers: Callers) -> None:
    """Every 200 that a caller saw is recorded exactly once, with the same output, and is the sum of that caller's own numbers."""
    assert len(callers.answered) > 50, "too little load to show anything"
    recorded = {record["id"]: record for record in serving.records("adder")}
    times = Counter(record["id"] for record in serving.records("adder"))
    for answer in callers.answered:
        assert answer.outputs == [answer.sent[0]["a"] + answer.sent[0]["b"]]
        assert times[answer.id] == 1, f"prediction {answer.id} is in the log {times[answer.id]} times"
        assert recorded[answer.id]["output"] == answer.outputs
        assert recorded[answer.id]["input"] == {"inputs": answer.sent}


@pytest.mark.parametrize("role", ["control", "worker", "host", "zygote"])
def test_predictions_go_on_when_a_process_behind_the_gateway_is_killed(serving: Platform, role: str) -> None:
    """Given predictions in flow, when one of control, worker, host and zygote is killed, then none fails and it is replaced."""
    with _callers(serving) as callers:
        callers.during(1)
        killed = serving.kill(role)
        healed = wait_until(
            lambda: any(process.pid != killed for process in serving.processes(role)),
            seconds=HEALED_SECONDS,
            what=f"a new {role}",
        )
        callers.during(2)
    assert callers.failed == []
    assert healed < HEALED_SECONDS
    wait_until(lambda: serving.http.get("/readyz").status_code == 200, seconds=HEALED_SECONDS, what="ready")
    wait_until(
        lambda: serving.http.get("/api/v1/models").status_code == 200, seconds=HEALED_SECONDS, what="control answers"
    )
    _assert_every_answer_is_in_the_log(serving, callers)


def test_only_open_connections_fail_when_the_gateway_is_killed(serving: Platform) -> None:
    """Given predictions in flow, when the gateway is killed, then each caller loses at most the call it had open."""
    with _callers(serving) as callers:
        callers.during(1)
        before = len(callers.answered)
        serving.kill("gateway")
        wait_until(lambda: len(callers.answered) > before + 50, seconds=HEALED_SECONDS, what="answers again")
        callers.during(1)
    assert {answer.status for answer in callers.failed} <= {0}
    assert len(callers.failed) <= callers.count, callers.failed
    _assert_every_answer_is_in_the_log(serving, callers)


def test_a_clean_stop_leaves_no_process_behind(serving: Platform) -> None:
    """Given a serving platform, when it is told to stop, then every process it started is gone."""
    started = [process for role in ("control", "gateway", "host", "worker") for process in serving.processes(role)]
    assert len(started) >= 4
    serving.stop()
    assert [process for process in started if process.is_running()] == []


def test_nothing_survives_a_killed_supervisor(serving: Platform) -> None:
    """Given a serving platform, when the supervisor itself is killed, then its children end by themselves."""
    started = [process for role in ("control", "gateway", "host", "worker") for process in serving.processes(role)]
    serving.process.kill()
    serving.process.wait(10)
    wait_until(lambda: not any(process.is_running() for process in started), seconds=20, what="all processes gone")


def test_a_stopped_platform_starts_again_with_everything(serving: Platform) -> None:
    """Given a platform with a model, when it is stopped and started on the same home, then model, keys and log are as they were."""
    token = serving.key(models=["adder"])
    serving.stop()
    with running_platform(serving.home) as again:
        answer = again.client(token).post("/models/adder/predict", json={"inputs": [{"a": 2.0, "b": 3.0}]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["outputs"] == [5.0]
        assert len(again.records("adder")) == 2
