"""kill -9 of host, control and supervisor while jobs run and wait: none is lost, none runs twice, none is left behind."""

import contextlib
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

PROGRAM = """
import os, time
with open(os.environ["UNSHELF_OUTPUTS"] + "/ran", "a") as file:
    file.write(os.environ["UNSHELF_ATTEMPT"])
time.sleep(%s)
"""
ENDED = ("succeeded", "failed", "cancelled", "timed_out")
SECONDS = 240.0


def begin(platform: Platform, folder: Path, *, copies: int, seconds: float) -> None:
    script = folder / "code" / "job.py"
    script.parent.mkdir()
    script.write_text(PROGRAM % seconds)
    platform.cli("run", str(script), "--copies", str(copies), "--detach")


def states(platform: Platform) -> dict[str, str]:
    """The state of each job; none while control is away."""
    with contextlib.suppress(httpx.HTTPError, KeyError):
        listed = platform.http.get("/api/v1/jobs", params={"limit": 1000}).json()["jobs"]
        return {job["id"]: job["state"] for job in listed if job["array"] is not None}
    return {}


def count(platform: Platform, *wanted: str) -> int:
    return sum(state in wanted for state in states(platform).values())


def attempts(home: Path) -> list[psutil.Process]:
    """The processes that keep attempts of jobs, and the programs in them, of this home alone."""
    found, jobs = [], str(home / "jobs")
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # it has ended
            if process.cwd().startswith(jobs) or process.environ().get("UNSHELF_OUTPUTS", "").startswith(jobs):
                found.append(process)
    return found


def must_have_run_once(platform: Platform, copies: int) -> None:
    """Each job succeeded in its first attempt, whose program began once; and nothing of any is left."""
    wait_until(lambda: count(platform, *ENDED) == copies, seconds=SECONDS, what=f"{copies} jobs end")
    for id, state in states(platform).items():
        job: dict[str, Any] = platform.http.get(f"/api/v1/jobs/{id}").json()
        assert (state, len(job["runs"])) == ("succeeded", 1), job
        (file,) = job["runs"][0]["files"]
        assert (file["path"], file["size"]) == ("ran", 1)
    wait_until(lambda: not attempts(platform.home), seconds=60, what="no process of a job is left")
    wait_until(lambda: not any((platform.home / "jobs").iterdir()), seconds=60, what="no folder of a job is left")


@pytest.fixture
def started(start_platform: Callable[..., Platform]) -> Platform:
    return start_platform(gateways="1", job_cores="2")


def test_jobs_outlive_host_and_control(started: Platform, tmp_path: Path) -> None:
    begin(started, tmp_path, copies=6, seconds=1.0)
    wait_until(lambda: count(started, "running") >= 2, seconds=SECONDS, what="two jobs run")
    for role in ("control", "host"):
        started.kill(role)
    must_have_run_once(started, 6)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
def test_jobs_outlive_host_and_control_killed_again_and_again(started: Platform, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    begin(started, tmp_path, copies=40, seconds=0.5)
    kills = 0
    while (done := count(started, *ENDED)) < 40:
        more = min(40, done + dice.randrange(1, 6))
        wait_until(lambda more=more: count(started, *ENDED) >= more, seconds=SECONDS, what=f"{more} jobs end")
        role = dice.choice(["control", "host", "gateway"])
        with contextlib.suppress(IndexError):  # it is being restarted
            started.kill(role)
            kills += 1
    assert kills >= 5
    must_have_run_once(started, 40)


@contextlib.contextmanager
def killed_supervisor(home: Path, **settings: str) -> Iterator[Platform]:
    """A platform whose supervisor is killed at the end, by which all that it started ends but attempts of jobs."""
    with running_platform(home, **settings) as platform:
        yield platform
        children = psutil.Process(platform.process.pid).children()
        platform.process.send_signal(signal.SIGKILL)
        platform.process.wait(60)
        wait_until(lambda: not any(each.is_running() for each in children), what="its children are gone")


@pytest.mark.long
def test_jobs_outlive_the_whole_platform(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with killed_supervisor(home, gateways="1", job_cores="2") as platform:
        begin(platform, tmp_path, copies=8, seconds=3.0)
        wait_until(lambda: count(platform, "running") >= 2, seconds=SECONDS, what="two jobs run")
    assert attempts(home)
    with running_platform(home, gateways="1", job_cores="2") as again:
        must_have_run_once(again, 8)


@pytest.mark.long
def test_jobs_that_ended_while_nothing_of_the_platform_ran_have_their_ends(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with killed_supervisor(home, gateways="1", job_cores="2") as platform:
        begin(platform, tmp_path, copies=2, seconds=1.0)
        wait_until(lambda: count(platform, "running") >= 2, seconds=SECONDS, what="both run")
    wait_until(lambda: not attempts(home), seconds=60, what="both have ended")
    with running_platform(home, gateways="1", job_cores="2") as again:
        must_have_run_once(again, 2)
