"""New data, or drift → retrain → deploy a candidate → compare on held-out data → release when a person approves."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.models import write_model
from tests.support.past_traffic import write_past
from tests.support.persons import person
from tests.support.platform import Platform, running_platform
from tests.support.training import copy_tracked_files
from tests.support.waiting import wait_until

Labels = list[dict[str, Any]]
DAY = 86_400.0
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


def live(platform: Platform, model: str = "tumours") -> list[int]:
    return [share["version"] for share in platform.http.get(f"/api/v1/models/{model}").json()["release"]]


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
    program = [sys.executable, str(example / "data.py"), str(written), *([] if rows is None else [str(rows)])]
    subprocess.run(program, check=True)
    platform.cli("data", "add", "tumours", str(written))


GAUGE = "def predict(rows):\n    return [row['level'] > 9.5 for row in rows]\n"
RETRAIN_GAUGE = """
import json
from pathlib import Path

import unshelf
from unshelf import steps

MODEL = '[model]\\nname = "gauge"\\npredict = "predict.py:predict"\\n'
TOML = MODEL + '[environment]\\nrequirements = []\\n[example]\\nfile = "example.json"\\n'


@unshelf.step(inputs={"seen": "data://gauge-seen"})
def fit(seen: Path) -> Path:
    assert seen.stat().st_size > 0
    folder = Path("/tmp/model")
    folder.mkdir()
    (folder / "unshelf.toml").write_text(TOML)
    rule = "9.5 < row['level'] < 20.0 or row['level'] > 30.0"
    (folder / "predict.py").write_text(f"def predict(rows):\\n    return [{rule} for row in rows]\\n")
    (folder / "example.json").write_text(json.dumps({"inputs": [{"level": 1.0}, {"level": 30.0}]}))
    return folder


@unshelf.pipeline
def retrain_gauge() -> None:
    candidate = steps.deploy("gauge", fit())
    judged = steps.compare(candidate, "data://gauge-seen", label="label", output="output", require="better")
    steps.release(candidate, after=steps.approval("Release it?", about=candidate, details=judged))
"""


def test_drift_collects_and_retrains_by_itself_up_to_the_yes(platform: Platform, tmp_path: Path) -> None:
    """Given a model whose inputs drifted yesterday, and what was true of each, when its monitor finds that, then a policy collects the
    data, a trigger retrains on them, the candidate is held against the live version on what was seen, and is better, and a yes makes it
    live and ends the alert."""
    example = [{"level": 1.0}, {"level": 30.0}]
    folder = write_model(tmp_path / "gauge", name="gauge", code=GAUGE, example=example)
    platform.cli("deploy", str(folder))
    labels: dict[int, Labels] = {}
    for days in (3, 2, 1):
        rows = [{"level": number % 19 + (25.0 if days == 1 else 0.0)} for number in range(200)]
        answers = [(row["level"] > 9.5, row["level"] > (30.0 if days == 1 else 9.5)) for row in rows]
        labels[days] = past(platform, "gauge", days, rows, answers)
    send_labels(platform, "gauge", labels[3] + labels[2])
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "gauging.py").write_text(RETRAIN_GAUGE)
    close_the_loop(platform, "gauge", f"{tmp_path}/code/gauging.py:retrain_gauge", reference="previous")
    send_labels(platform, "gauge", labels[1])

    alert = drifted(platform, "gauge")
    run = retrained_on(platform, "gauge", alert)
    comparison = next(step for step in run["steps"] if step["name"] == "compare")["facts"]["comparison"]
    assert (comparison["candidate"]["version"], comparison["current"]["version"]) == ("gauge:2", "gauge:1")
    assert (comparison["rows"], comparison["metric"], comparison["better"]) == (600, "accuracy", True)
    wrong = sum(number % 19 <= 5 for number in range(200))  # levels of yesterday up to 30
    assert comparison["candidate"]["accuracy"] == 1.0
    assert comparison["current"]["accuracy"] == pytest.approx(1 - wrong / 600)
    olga = person(platform, tmp_path / "olga", "olga", "--role", "owner", "--project", "default")
    olga.done("requests", "grant", request_of(run))
    assert ended(platform, run["id"])["state"] == "succeeded"
    assert live(platform, "gauge") == [2]
    over = wait_until(lambda: resolved(platform, alert), what="the alert is over")
    assert over == "Version 1 gets no traffic any more."


def past(platform: Platform, model: str, days: int, rows: Sequence[Any], answers: Sequence[tuple[Any, Any]]) -> Labels:
    """Have version 1 have answered these rows on a day before today; `answers`: what it said, and what was true. Returns the truths."""
    begin = time.time() // DAY * DAY - days * DAY
    answered = [(row, said) for row, (said, _) in zip(rows, answers, strict=True)]
    ids = write_past(platform.home, model, 1, begin=begin, seconds=DAY - 1, answered=answered)
    return [{"prediction_id": id, "value": truth} for id, (_, truth) in zip(ids, answers, strict=True)]


def send_labels(platform: Platform, model: str, labels: Labels) -> None:
    platform.http.post("/api/v1/labels", json={"model": model, "labels": labels}).raise_for_status()


def close_the_loop(platform: Platform, model: str, pipeline: str, *, reference: str = "") -> None:
    """Collect once, and set the policy and the trigger that do the rest."""
    if reference:
        platform.cli("monitors", "set", model, "inputs", "--reference", reference)
    if model == "gauge":
        platform.cli("columns", "set", model, "--prediction", "output", "--task", "classification")
    collected = json.loads(platform.cli("data", "from-predictions", model, "--labels", "--json").stdout)
    platform.cli("pipelines", "keep", pipeline)
    name = pipeline.rpartition(":")[2]
    platform.cli("triggers", "set", "on-seen", "--pipeline", name, "--on", "data.added", "--subject", f"{model}-seen")
    act = ["--do", "start", "--collection", collected["id"]]
    kind = ["--kind", "inputs_drifted", "--severity", "warning"]
    platform.cli("alerts", "add-policy", "collect", "--model", model, *kind, *act)


def drifted(platform: Platform, model: str) -> str:
    """The id of the alert that the monitor of inputs raises, once the records are counted."""

    def look() -> str | None:
        platform.cli("monitors", "backfill", model, "inputs", "--since", "5d")
        found = platform.http.get("/api/v1/alerts", params={"model": model}).json()["alerts"]
        return next((str(each["id"]) for each in found if each["kind"] == "inputs_drifted"), None)

    return wait_until(look, what="the monitor finds it", seconds=SECONDS)


def retrained_on(platform: Platform, model: str, alert: str) -> dict[str, Any]:
    """The run that the collected data began, once it asks for an approval; the policy's decision stands with the alert."""
    begun = wait_until(lambda: next(iter(runs(platform)), None), what="the data begin a run", seconds=SECONDS)
    run = waiting_for_approval(platform, begun["id"])
    assert run["data"] == {f"data://{model}-seen": f"data://{model}-seen@2"}
    (decision,) = platform.http.get(f"/api/v1/alerts/{alert}/card").json()["decisions"]
    assert (decision["policy"], decision["choice"]) == ("collect", "retrain")
    return run


def resolved(platform: Platform, alert: str) -> str:
    """Why the alert is over; empty: it is not."""
    found = platform.http.get(f"/api/v1/alerts/{alert}").json()
    return str(found["resolved_because"]) if found["resolved_at"] else ""
