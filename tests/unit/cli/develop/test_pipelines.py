"""Pipelines on the command line."""

from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

API = "/api/v1/pipelines"
STEP: dict[str, Any] = {
    "name": "fit", "kind": "function", "state": "failed", "reason": "It broke.", "function": "a.py:fit", "tier": "small", "needs": [],
    "job": "01j", "cached_from": None, "facts": {}, "started_at": "2026-05-01T12:00:00Z", "ended_at": "2026-05-01T12:00:09Z",
}  # fmt: skip
RUN: dict[str, Any] = {
    "id": "01r", "pipeline": "01p", "name": "retrain", "version": 2, "project": "risk", "state": "failed", "reason": "fit: It broke.",
    "parameters": {"rate": 0.1}, "data": {}, "fresh": False, "parent": None, "created_at": "2026-05-01T12:00:00Z", "created_by": "ana",
    "runs_as": "ana", "ended_at": "2026-05-01T12:00:09Z", "steps": [STEP],
}  # fmt: skip
PIPELINE: dict[str, Any] = {
    "id": "01p", "name": "retrain", "project": "risk", "description": "", "version": 2, "latest": 2, "created_at": "2026-05-01T12:00:00Z",
    "created_by": "ana", "last": RUN, "parameters": [{"name": "rate", "type": "float", "required": False, "default": 0.1}],
    "steps": [{"name": "fit", "kind": "function", "function": "a.py:fit", "tier": "small", "environment": None, "data": {}, "cache": True}],
}  # fmt: skip


def test_pipelines_are_listed_with_their_last_runs(control: Control, run: Run) -> None:
    control.reply("GET", API, {"pipelines": [PIPELINE], "next_cursor": None})
    said = run("pipelines").out
    assert "retrain" in said
    assert "failed" in said


def test_a_run_again_takes_its_parameters_and_exits_with_how_it_ended(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/pipeline-runs/01r", RUN)
    control.reply("POST", f"{API}/01p/runs", RUN, 201)
    said = run("pipelines", "again", "01r", "--param", "depth=5")
    assert said.code == 1
    begun = next(each.json for each in control.asked if each.method == "POST")
    assert (begun["parameters"], begun["version"], begun["parent"]) == ({"rate": 0.1, "depth": 5}, 2, "01r")
    assert "It broke." in said.out + said.err


def test_a_run_and_a_pipeline_are_shown(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/pipeline-runs/01r", RUN)
    assert "fit: It broke." in run("pipelines", "show", "01r").out
    control.reply("GET", API, {"pipelines": [PIPELINE], "next_cursor": None})
    assert "rate: float = 0.1" in run("pipelines", "show", "retrain").out


def test_what_is_no_pipeline_is_said(control: Control, run: Run) -> None:
    assert "no file" in run("pipelines", "run", "gone.py:retrain").err
    assert control.asked == []
    assert (
        "Give a job, a pipeline, a scoring or a collection"
        in run("schedules", "set", "weekly", "--cron", "@weekly").err
    )
