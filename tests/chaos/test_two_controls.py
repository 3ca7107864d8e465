"""Two control processes over one home: kill -9 either at any moment of many deploys, and none is lost and none done twice."""

import random
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.support.models import ADDER, write_model
from tests.support.platform import Platform
from tests.support.waiting import wait_until

AT_ONCE = 4
HEALED_SECONDS = 120.0


class Killer:
    """Kills one of the two controls, whichever, at a random moment, again and again, each time that both serve."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self.kills = 0
        self._platform = platform
        self._random = random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.05):
            if both_serve(self._platform) and not self._ended.wait(self._random.uniform(0.0, 3.0)):
                controls = self._platform.processes("control")
                victim: psutil.Process = self._random.choice(controls)
                victim.send_signal(signal.SIGKILL)
                self.kills += 1


def both_serve(platform: Platform) -> bool:
    """Whether both controls answer, each at its own socket."""
    return all(_answers(platform, name) for name in ("control.sock", "control-1.sock"))


def _answers(platform: Platform, name: str) -> bool:
    request = f"GET /api/v1/whoami HTTP/1.1\r\nHost: control\r\nAuthorization: Bearer {platform.token}\r\n\r\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        try:
            connection.connect(str(platform.home / "run" / name))
            connection.sendall(request.encode())
            return connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False


LONG = pytest.mark.long
"""`make test` shows each on one backend, `make test-long` on the other too."""


@pytest.fixture
def platform_of_two(request: pytest.FixtureRequest, start_platform: Callable[..., Platform]) -> Platform:
    settings = {"controls": "2", "gateways": "1"}
    if request.param == "postgresql":
        settings["database"] = request.getfixturevalue("new_postgres_database")()
    return start_platform(**settings)


@pytest.mark.long
@pytest.mark.timeout(1500)
@pytest.mark.parametrize(
    ("platform_of_two", "deploys"),
    [
        ("postgresql", 4),
        pytest.param("sqlite", 4, marks=LONG),
        pytest.param("postgresql", 20, marks=LONG),
        pytest.param("sqlite", 20, marks=LONG),
    ],
    indirect=["platform_of_two"],
)
def test_deploys_outlive_the_controls_that_work_on_them(
    platform_of_two: Platform, tmp_path: Path, deploys: int
) -> None:
    """Given deploys through the CLI, some at once, when either control is killed again and again, then each comes to one version."""
    platform = platform_of_two
    wait_until(lambda: both_serve(platform), seconds=HEALED_SECONDS, what="both serve")
    done = 0
    with Killer(platform, seed=20) as killer, ThreadPoolExecutor(AT_ONCE) as pool:
        while done < deploys or not killer.kills:  # a fast machine may have deployed them all before the first kill
            folders = [
                write_model(tmp_path / f"m{number}", name=f"m{number % AT_ONCE}", code=f"{ADDER}\n# {number}\n")
                for number in range(done, done + AT_ONCE)
            ]
            for ended in pool.map(lambda folder: platform.cli("deploy", str(folder), "--json", check=False), folders):
                assert ended.returncode == 0, ended.stdout + ended.stderr
            done += AT_ONCE

    wait_until(lambda: platform.http.get("/api/v1/models").is_success, seconds=HEALED_SECONDS, what="control answers")
    per_model = done // AT_ONCE
    for name in (f"m{number}" for number in range(AT_ONCE)):
        shown = platform.http.get(f"/api/v1/models/{name}").json()
        assert [one["version"] for one in shown["versions"]] == list(range(1, per_model + 1))
        assert platform.predict(name, [{"a": 1.0, "b": 2.0}]) == [3.0]
    events = platform.http.get("/api/v1/audit", params={"limit": 1000}).json()["events"]
    actions = [event["action"] for event in events]
    assert (actions.count("deploy.begun"), actions.count("version.registered")) == (done, done)
    assert "deploy.failed" not in actions


@pytest.mark.long
@pytest.mark.parametrize("platform_of_two", ["sqlite", pytest.param("postgresql", marks=LONG)], indirect=True)
def test_the_api_answers_while_one_control_is_gone(platform_of_two: Platform) -> None:
    """Given two controls, when one is killed, then the other answers in its place at once; whichever it is."""
    for place in range(2):
        wait_until(lambda: both_serve(platform_of_two), seconds=HEALED_SECONDS, what="both serve")
        platform_of_two.processes("control")[place].send_signal(signal.SIGKILL)
        assert platform_of_two.http.get("/api/v1/models").status_code == 200
