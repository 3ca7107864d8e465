"""Deploys, as a data scientist begins them, tries them, stops them, and finds them again."""

import json
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.waiting import wait_until

SLOW = "import time\ntime.sleep(20)\n\n\ndef predict(rows):\n    return [row['a'] for row in rows]\n"
NEVER = "import time\nwhile True:\n    time.sleep(1)\n"


def at_check(platform: Platform, name: str) -> str:
    """The id of the model's deploy, once its check runs."""
    found: list[str] = []

    def looks() -> bool:
        listed = platform.http.get("/api/v1/deploys", params={"state": "running", "model": name}).json()["deploys"]
        found[:] = [one["id"] for one in listed if one["steps"] and one["steps"][-1]["step"] == "check"]
        return bool(found)

    wait_until(looks, what=f"the check of {name} runs")
    return found[0]


def states(platform: Platform) -> dict[str, str]:
    """The deploys as the command lists them: model → state."""
    listed = json.loads(platform.cli("deploys", "--json").stdout)["deploys"]
    return {one["name"]: one["state"] for one in listed}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> object:
    with running_platform(tmp_path_factory.mktemp("deploys") / "home") as platform:
        yield platform


@pytest.mark.long
def test_whether_a_model_can_be_deployed_is_known_without_deploying_it(platform: Platform, tmp_path: Path) -> None:
    """Given a model that works and one that doesn't, when each is tried, then the facts or the fault are shown, and nothing is there."""
    good = platform.cli("deploy", str(write_model(tmp_path / "good", name="good")), "--dry-run")
    assert "Nothing was registered." in good.stdout
    assert "float64" in good.stdout, "the signature"
    bad = write_model(tmp_path / "bad", name="bad", code="import nothing_of_this_name\n")
    failed = platform.cli("deploy", str(bad), "--dry-run", check=False)
    assert (failed.returncode, "nothing_of_this_name" in failed.stderr) == (1, True)
    assert json.loads(platform.cli("models", "--json").stdout)["models"] == []
    assert states(platform) == {"good": "done", "bad": "failed"}


@pytest.mark.long
def test_a_deploy_that_is_interrupted_without_a_terminal_is_cancelled(platform: Platform, tmp_path: Path) -> None:
    """Given a CI job that is stopped while a check runs, then the deploy ends, and nothing is left."""
    folder = write_model(tmp_path / "ci", name="ci", code=NEVER)
    for sent in (signal.SIGINT, signal.SIGTERM):
        job = subprocess.Popen(
            [*UNSHELF, "deploy", str(folder)], env=platform.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        at_check(platform, "ci")
        job.send_signal(sent)
        _, said = job.communicate(timeout=60)
        assert (job.returncode, "was cancelled by" in said) == (1, True)
        assert states(platform)["ci"] == "failed"


@pytest.mark.long
def test_a_deploy_is_left_running_and_followed_again(platform: Platform, tmp_path: Path) -> None:
    """Given a person who presses Ctrl-C and leaves the deploy running, when they attach to it again, then they see it succeed."""
    folder = write_model(tmp_path / "slow", name="slow", code=SLOW, example=[{"a": 1.0}])
    leader, follower = pty.openpty()
    with os.fdopen(leader, "r+b", buffering=0) as terminal:
        job = subprocess.Popen(
            [*UNSHELF, "deploy", str(folder)], env=platform.environment(), stdin=follower, stdout=follower,
            stderr=follower, start_new_session=True,
        )  # fmt: skip
        os.close(follower)
        deploy_id = at_check(platform, "slow")
        job.send_signal(signal.SIGINT)
        said = b""
        while b"cancel, leave or watch" not in said:
            said += terminal.read(65536)
        terminal.write(b"leave\n")
        while b"unshelf deploys attach" not in said:
            said += terminal.read(65536)
        assert job.wait(60) == 1
    assert deploy_id.encode() in said
    followed = platform.cli("deploys", "attach", deploy_id)
    assert "✓ check the model" in followed.stdout
    assert "slow answers with version 1." in followed.stdout
    assert platform.predict("slow", [{"a": 3.0}]) == [3.0]
