"""kill -9 of any one process while predictions flow: what callers see, what is in the log, and that it heals."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.load import Callers
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

ANSWERS = 200
"""Before a kill and after it."""


@pytest.fixture(scope="module")
def killed_at_will(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform whose processes these tests kill one after the other: each finds it healed."""
    folder = tmp_path_factory.mktemp("killed")
    with running_platform(folder / "home", gateways="1") as running:
        yield _deployed(running, folder)


@pytest.fixture
def serving(start_platform: Callable[..., Platform], tmp_path: Path) -> Platform:
    return _deployed(start_platform(gateways="1"), tmp_path)


def _deployed(running: Platform, folder: Path) -> Platform:
    running.cli("deploy", str(write_model(folder / "adder", name="adder")))
    assert running.predict("adder", [{"a": 1.0, "b": 1.0}]) == [2.0]
    return running


def _callers(serving: Platform) -> Callers:
    return Callers(serving.url, serving.token, "adder")


def _assert_every_answer_is_in_the_log(serving: Platform, callers: Callers) -> None:
    """Every 200 that a caller saw is recorded exactly once, with the same output, and is the sum of that caller's own numbers."""
    logged = serving.records("adder")
    recorded = {record["id"]: record for record in logged}
    times = Counter(record["id"] for record in logged)
    for answer in callers.answered:
        assert answer.outputs == [answer.sent[0]["a"] + answer.sent[0]["b"]]
        assert times[answer.id] == 1, f"prediction {answer.id} is in the log {times[answer.id]} times"
        assert recorded[answer.id]["output"] == answer.outputs
        assert recorded[answer.id]["input"] == {"inputs": answer.sent}


@pytest.mark.parametrize(
    "role", ["control", "host", *(pytest.param(each, marks=pytest.mark.long) for each in ("worker", "zygote"))]
)
def test_predictions_go_on_when_a_process_behind_the_gateway_is_killed(killed_at_will: Platform, role: str) -> None:
    """Given predictions in flow, when one of control, worker, host and zygote is killed, then none fails and it is replaced."""
    serving = killed_at_will
    wait_until(lambda: serving.processes(role) != [], what=f"a {role} to kill")
    with _callers(serving) as callers:
        callers.more(ANSWERS)
        killed = serving.kill(role)
        wait_until(lambda: any(process.pid != killed for process in serving.processes(role)), what=f"a new {role}")
        wait_until(lambda: serving.http.get("/readyz").status_code == 200, what="ready")
        wait_until(lambda: serving.http.get("/api/v1/models").status_code == 200, what="control answers")
        callers.more(ANSWERS)
    assert callers.failed == []
    _assert_every_answer_is_in_the_log(serving, callers)


def test_only_open_connections_fail_when_the_gateway_is_killed(killed_at_will: Platform) -> None:
    """Given predictions in flow, when the gateway is killed, then each caller loses at most the call it had open."""
    with _callers(killed_at_will) as callers:
        callers.more(ANSWERS)
        killed_at_will.kill("gateway")
        callers.more(ANSWERS)
    assert {answer.status for answer in callers.failed} <= {0}
    assert len(callers.failed) <= callers.count, callers.failed
    _assert_every_answer_is_in_the_log(killed_at_will, callers)


def _started(serving: Platform) -> list[psutil.Process]:
    started = [process for role in ("control", "gateway", "host", "worker") for process in serving.processes(role)]
    assert len(started) >= 4
    return started


@pytest.mark.long
def test_a_stopped_platform_leaves_no_process_and_starts_again_with_everything(serving: Platform) -> None:
    """Given a platform with a model, when it is stopped, then its processes are gone; and when it is started on the same home, then
    model, keys and log are as they were."""
    token = serving.key(models=["adder"])
    started = _started(serving)
    serving.stop()
    assert [process for process in started if process.is_running()] == []
    with running_platform(serving.home) as again:
        answer = again.client(token).post("/models/adder/predict", json={"inputs": [{"a": 2.0, "b": 3.0}]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["outputs"] == [5.0]
        assert len(again.records("adder")) == 2


@pytest.mark.long
def test_nothing_survives_a_killed_supervisor(serving: Platform) -> None:
    """Given a serving platform, when the supervisor itself is killed, then its children end by themselves."""
    started = _started(serving)
    serving.process.kill()
    assert serving.process.wait(60) == -signal.SIGKILL
    wait_until(lambda: not any(process.is_running() for process in started), what="all processes gone")
