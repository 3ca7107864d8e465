"""`unshelf reload`: other settings and another program under load; no prediction fails, and no record is lost."""

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

import unshelf
from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.steady_load import SteadyLoad
from tests.support.waiting import wait_until

ROWS = {"inputs": [{"a": 1.0, "b": 2.0}]}
SLOW = "import time\n\ndef predict(rows):\n    time.sleep(rows[0]['seconds'])\n    return [1 for row in rows]\n"
COUNTING = """
import time

def predict(rows):
    return count(rows[0]["to"], rows[0]["seconds"])

def count(to, seconds):
    for number in range(to):
        time.sleep(seconds)
        yield number
"""
COUNTED_TO = 60


def reload(platform: Platform, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return platform.cli("--home", str(platform.home), "reload", *arguments, check=check)


def pids(platform: Platform) -> dict[str, set[int]]:
    return {role: {each.pid for each in platform.processes(role)} for role in ("control", "gateway", "host", "worker")}


def test_settings_change_under_load_and_nothing_fails(tmp_path: Path) -> None:
    """Given callers that ask without end, when a setting changes, then each process is another, each answer was 200 and is recorded."""
    with running_platform(tmp_path / "home", gateways="1", max_body_bytes="100000", drain_seconds="2") as platform:
        platform.cli("deploy", str(write_model(tmp_path / "adder", name="adder")))
        load = SteadyLoad(platform, "adder", ROWS)
        try:
            wait_until(lambda: len(load.answered) > 30)
            before = pids(platform)
            for name in ("UNSHELF_PORT", "UNSHELF_GRPC_PORT"):
                refused = reload(platform, "--set", f"{name}=1", "--set", "UNSHELF_DRAIN_SECONDS=3", check=False)
                assert refused.returncode == 1 and f"{name} can't change while the server runs" in refused.stderr
            wrong = reload(platform, "--set", "UNSHELF_DRAIN_SECONDS=soon", check=False)
            assert wrong.returncode == 1 and "UNSHELF_DRAIN_SECONDS" in wrong.stderr
            planned = reload(platform, "--set", "UNSHELF_MAX_BODY_BYTES=200", "--dry-run", "--json")
            (change,) = json.loads(planned.stdout)["plan"]["settings"]
            assert change == {"name": "UNSHELF_MAX_BODY_BYTES", "before": "100000", "after": "200"}
            assert pids(platform) == before

            done = reload(platform, "--set", "UNSHELF_MAX_BODY_BYTES=200")
            assert "starting the host" in done.stderr and "still" not in done.stderr
            asked = len(load.answered)
            wait_until(lambda: len(load.answered) > asked + 30)
        finally:
            load.end()
        assert load.failed == []
        after = pids(platform)
        for role, found in after.items():
            assert found and not found & before[role], f"each {role} is another"
        large = platform.http.post("/models/adder/predict", json={"inputs": [{"a": 1.0, "b": 2.0}] * 50})
        assert large.status_code == 413, "the new gateway has the new setting"
        recorded = [record["id"] for record in platform.records("adder")]
        assert set(load.answered) <= set(recorded) and len(recorded) == len(set(recorded))
        supervisor = psutil.Process(platform.process.pid)
        everyone = [supervisor, *supervisor.children(recursive=True)]
        platform.process.terminate()
        assert platform.process.wait(60) == 0
        assert not [each for each in everyone if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_change_after_change_with_all_kinds_of_predictions(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    """Given two gateways, two controls, load, a slow prediction, a stream of events and a deferred one in flight, when the server
    changes three times, then all of it is answered once."""
    settings = {"gateways": "2", "controls": "2", "drain_seconds": "1"}
    if kind == "postgresql":
        create: Callable[[], str] = request.getfixturevalue("new_postgres_database")
        settings["database"] = create()
    with running_platform(tmp_path / "home", **settings) as platform:
        platform.cli("deploy", str(write_model(tmp_path / "adder", name="adder")))
        slow = write_model(tmp_path / "slow", name="slow", code=SLOW, example=[{"seconds": 0.01}])
        platform.cli("deploy", str(slow))
        example = [{"to": 2, "seconds": 0.01}]
        platform.cli("deploy", str(write_model(tmp_path / "counts", name="counts", code=COUNTING, example=example)))
        load = SteadyLoad(platform, "adder", ROWS, kept=3, fresh=2)
        answers: list[Any] = []
        heard: list[list[int]] = []

        def listen() -> None:
            with (
                unshelf.Client(platform.url, platform.token) as client,
                client.stream("counts", [{"to": COUNTED_TO, "seconds": 0.1}]) as numbers,
            ):
                heard.append(list(numbers))

        def ask_slowly(seconds: float) -> None:
            answers.append(
                httpx.post(
                    f"{platform.url}/models/slow/predict", json={"inputs": [{"seconds": seconds}]}, timeout=120,
                    headers={"Authorization": f"Bearer {platform.token}"},
                ).status_code
            )  # fmt: skip

        try:
            for count in (1, 3, 2):
                slowly = [threading.Thread(target=ask_slowly, args=(6.0,)), threading.Thread(target=listen)]
                for thread in slowly:
                    thread.start()
                later = platform.http.post(
                    "/models/slow/predict", json={"inputs": [{"seconds": 3.0}]}, headers={"Prefer": "respond-async"}
                )
                assert later.status_code == 202, later.text
                place = later.headers["location"]
                asked = len(load.answered)
                wait_until(lambda asked=asked: len(load.answered) > asked + 30)  # type: ignore[misc]
                reload(platform, "--set", f"UNSHELF_MAX_IN_FLIGHT={100 + count}", "--set", f"UNSHELF_CONTROLS={count}")
                wait_until(lambda place=place: platform.http.get(place).status_code == 200)  # type: ignore[misc]
                for thread in slowly:
                    thread.join(120)
            wait_until(lambda: len(platform.processes("gateway")) == 2)
        finally:
            load.end()
        assert answers == [200, 200, 200]
        assert heard == [list(range(COUNTED_TO))] * 3
        assert load.failed == []
        recorded = [record["id"] for record in platform.records("adder")]
        assert set(load.answered) <= set(recorded) and len(recorded) == len(set(recorded))
        slow_records = [record["status"] for record in platform.records("slow")]
        assert slow_records == [200] * 6
        assert [record["status"] for record in platform.records("counts")] == [200] * 3


BROKEN = """
import os, sys
if "unshelf.%s" in sys.orig_argv:
    os._exit(3)
"""


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ["server.control", "host", "gateway"])
def test_a_change_that_does_not_come_to_serve_goes_back(tmp_path: Path, role: str) -> None:
    """Given load and a new program of which one process does not start, when the server changes to it, then the old processes go on,
    nobody's prediction fails, and it is said; and the next change succeeds."""
    with running_platform(tmp_path / "home", gateways="1", drain_seconds="1") as platform:
        platform.cli("deploy", str(write_model(tmp_path / "adder", name="adder")))
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "sitecustomize.py").write_text(BROKEN % role)
        environment = {**psutil.Process(platform.process.pid).environ(), "PYTHONPATH": str(tmp_path / "broken")}
        load = SteadyLoad(platform, "adder", ROWS)
        try:
            wait_until(lambda: len(load.answered) > 30)
            gateways = pids(platform)["gateway"]
            command = [*UNSHELF, "--home", str(platform.home), "reload", "--from-environment"]
            failed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert failed.returncode == 1
            assert "The processes from before go on" in failed.stderr
            assert pids(platform)["gateway"] >= gateways, "gateways come last, and the old ones have served all along"
            wait_until(lambda: platform.http.get("/api/v1/whoami").status_code == 200)
            assert json.loads(reload(platform, "--dry-run", "--json").stdout)["plan"]["settings"] == []
            reload(platform)
            asked = len(load.answered)
            wait_until(lambda: len(load.answered) > asked + 30)
        finally:
            load.end()
        assert load.failed == []
        recorded = [record["id"] for record in platform.records("adder")]
        assert set(load.answered) <= set(recorded) and len(recorded) == len(set(recorded))
