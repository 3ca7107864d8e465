"""New data → retrain → deploy a candidate → compare on held-out data → release when a person approves."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.persons import person
from tests.support.platform import Platform, running_platform
from tests.support.training import copy_tracked_files
from tests.support.waiting import wait_until

SECONDS = 240.0


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with running_platform(tmp_path / "home", gateways="1") as running:
        yield running


def runs(platform: Platform) -> list[dict[str, Any]]:
    return list(platform.http.get("/api/v1/pipeline-runs").json()["runs"])


def states(run: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["state"] for step in run["steps"]}


def waiting_for_approval(platform: Platform, run: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = platform.http.get(f"/api/v1/pipeline-runs/{run}").json()
        assert found["state"] == "running", found["reason"]
        return found if states(found)["approval"] == "running" and "approval" in found["reason"] else None

    return wait_until(look, what="the run asks for approval", seconds=SECONDS)


def ended(platform: Platform, run: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = platform.http.get(f"/api/v1/pipeline-runs/{run}").json()
        return found if found["state"] != "running" else None

    return wait_until(look, what="the run ends", seconds=SECONDS)


def request_of(run: dict[str, Any]) -> str:
    return str(next(step for step in run["steps"] if step["name"] == "approval")["facts"]["request"])


def live(platform: Platform) -> list[int]:
    return [share["version"] for share in platform.http.get("/api/v1/models/tumours").json()["release"]]


@pytest.mark.long
def test_new_data_retrain_a_model_and_a_person_releases_it(platform: Platform, tmp_path: Path) -> None:
    example = tmp_path / "retrain"
    copy_tracked_files("examples/retrain", example)

    # Given measurements, and a pipeline that was run once: nothing is live, so the candidate stands alone.
    add_data(platform, example, 300)
    begun = platform.cli("pipelines", "run", f"{example}/retraining.py:retrain", "--detach").stdout.strip()
    first = waiting_for_approval(platform, begun)
    assert states(first) == {
        "split": "succeeded", "fit": "succeeded", "deploy": "succeeded", "compare": "succeeded", "approval": "running",
        "release": "waiting",
    }  # fmt: skip
    assert live(platform) == []
    # Nobody approves their own run; somebody else does, and the version is live.
    assert platform.http.post(f"/api/v1/requests/{request_of(first)}/grant", json={}).status_code == 403
    olga = person(platform, tmp_path / "olga", "olga", "--role", "owner", "--project", "default")
    olga.done("requests", "grant", request_of(first))
    assert ended(platform, begun)["state"] == "succeeded"
    assert live(platform) == [1]

    # When new data come, a trigger retrains: the candidate is held against the live version.
    trigger = ["triggers", "set", "on-new-data", "--pipeline", "retrain", "--on", "data.added", "--subject", "tumours"]
    platform.cli(*trigger)
    add_data(platform, example, None)
    second = wait_until(
        lambda: next((run for run in runs(platform) if run["id"] != begun), None), what="the trigger runs it"
    )
    # A control that dies meanwhile costs nothing, and nothing runs twice.
    platform.kill("control")
    wait_until(lambda: platform.http.get("/api/v1/status").is_success, what="control is back", seconds=SECONDS)
    second = waiting_for_approval(platform, second["id"])
    assert second["data"] == {"data://tumours": "data://tumours@2"}
    comparison = next(step for step in second["steps"] if step["name"] == "compare")["facts"]["comparison"]
    assert (comparison["candidate"]["version"], comparison["current"]["version"]) == ("tumours:2", "tumours:1")
    assert comparison["rows"] == 171
    assert comparison["candidate"]["accuracy"] > 0.9
    jobs = [job["name"] for job in platform.http.get("/api/v1/jobs").json()["jobs"]]
    assert sorted(jobs) == ["retrain · fit", "retrain · fit", "retrain · split", "retrain · split"]

    # Then a refusal ends the run with its reason, and what is live stays.
    olga.done("requests", "refuse", request_of(second), "--reason", "Not on a Friday.")
    rejected = ended(platform, second["id"])
    assert rejected["state"] == "rejected"
    assert "Not on a Friday." in rejected["reason"]
    assert live(platform) == [1]

    # Resumed, it asks again, and nothing that is done is done again; approved, it is live.
    platform.cli("pipelines", "resume", second["id"], "--detach")
    third = waiting_for_approval(platform, second["id"])
    assert request_of(third) != request_of(second)
    olga.done("requests", "grant", request_of(third))
    assert ended(platform, second["id"])["state"] == "succeeded"
    assert live(platform) == [2]

    # The same again takes the values of the jobs that ran.
    again = json.loads(platform.cli("pipelines", "again", begun, "--detach", "--json").stdout)["id"]
    assert states(waiting_for_approval(platform, again))["fit"] == "cached"


def add_data(platform: Platform, example: Path, rows: int | None) -> None:
    """Add measurements as the next version."""
    written = example.parent / "tumours.csv"
    program = [sys.executable, example / "data.py", written, *([] if rows is None else [str(rows)])]
    subprocess.run(program, check=True)
    platform.cli("data", "add", "tumours", str(written))
