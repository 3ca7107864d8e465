"""The list of deploys, one that is followed, and one that is cancelled."""

import json
from typing import Any

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run


def deploy(id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "name": "iris", "state": "running", "steps": [], "version": None, "live": None, "error": None,
        "created_at": "2026-01-02T03:04:05Z", "ended_at": None, "by": "ana", "dry_run": False, "found": None, **more,
    }  # fmt: skip


STEP = {"step": "check", "state": "started", "detail": "loading", "seconds": None}
CANCELLED = {"code": "cancelled", "step": "check", "detail": "The deploy was cancelled by ana.", "hint": "", "log": ""}
ERROR = {"code": "check_failed", "step": "check", "detail": "No module named 'six'", "hint": "", "log": ""}
DONE = {"state": "done", "version": 3, "live": True, "ended_at": "2026-01-02T03:04:09Z"}


@pytest.mark.runs_program
def test_deploys_that_run_come_first_each_with_how_far_it_is(control: Control, run: Run) -> None:
    running = [deploy("d5", steps=[STEP]), deploy("d4", dry_run=True)]
    ended = [deploy("d3", **DONE), deploy("d2", state="failed", error=ERROR), deploy("d1", **DONE | {"dry_run": True})]
    for _ in range(2):
        control.reply("GET", "/api/v1/deploys", {"deploys": running, "next_cursor": None})
        control.reply("GET", "/api/v1/deploys", {"deploys": ended, "next_cursor": None})
    lines = run("deploys").out.splitlines()
    assert [line.split()[0] for line in lines] == ["id", "d5", "d4", "d3", "d2", "d1"]
    told = [
        "check loading",
        "dry run: waits for its turn",
        "iris:3, live",
        "check: No module named",
        "it can be deployed",
    ]
    for words, line in zip(told, lines[1:], strict=True):
        assert words in line
        assert "ana" in line
    asked = [call.path for call in control.calls("GET", "/api/v1/deploys")]
    assert ("state=running" in asked[0], "state=ended" in asked[1], "limit=10" in asked[1]) == (True, True, True)
    assert [one["id"] for one in json.loads(run("deploys", "--all", "--json").out)["deploys"]] == [
        "d5", "d4", "d3", "d2", "d1",
    ]  # fmt: skip
    assert "limit" not in control.calls("GET", "/api/v1/deploys")[-1].path


@pytest.mark.runs_program
def test_no_deploys_are_told_with_what_to_do(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/deploys", {"deploys": [], "next_cursor": None})
    assert "unshelf deploy PATH" in run("deploys").out


@pytest.mark.runs_program
def test_a_deploy_is_followed_to_its_end_as_the_command_that_began_it_would(control: Control, run: Run) -> None:
    control.deploys(name="iris", version=3)
    control.reply("GET", "/api/v1/deploys/d1", deploy("d1", **DONE))
    control.reply(
        "GET", "/api/v1/models/iris:3", {"version": {"signature": {"inputs": {"kind": "columns", "columns": []}}}}
    )
    said = run("deploys", "attach", "d1")
    assert said.code == 0
    assert "✓ check the model" in said.out
    assert "iris:3 in 4.0 s" in said.out
    last = json.loads(run("deploys", "attach", "d1", "--json").out.splitlines()[-1])
    assert (last["step"], last["reference"], last["seconds"]) == ("end", "iris:3", 4.0)


@pytest.mark.runs_program
def test_a_failed_deploy_that_is_followed_fails_the_command(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/deploys/d1", deploy("d1"))
    control.reply("GET", "/api/v1/deploys/d1/events", [{"step": "end", "state": "failed", "error": ERROR}])
    said = run("deploys", "attach", "d1")
    assert (said.code, "Failed at step check" in said.err) == (1, True)
    assert run("deploys", "attach", "none").code == 1


@pytest.mark.runs_program
def test_a_cancelled_deploy_is_told_once_it_is_gone(control: Control, run: Run) -> None:
    error = {"code": "cancelled", "step": "check", "detail": "The deploy was cancelled by ana."}
    control.reply("POST", "/api/v1/deploys/d1/cancel", deploy("d1"))
    control.reply("GET", "/api/v1/deploys/d1", deploy("d1"))
    control.reply("GET", "/api/v1/deploys/d1/events", [{"step": "end", "state": "failed", "error": error}])
    said = run("deploys", "cancel", "d1")
    assert (said.code, "d1 of iris is cancelled" in said.out) == (0, True)
    assert json.loads(run("deploys", "cancel", "d1", "--json").out)["id"] == "d1"
    control.reply("POST", "/api/v1/deploys/d2/cancel", {"code": "conflict", "detail": "The deploy is over."}, 409)
    assert (run("deploys", "cancel", "d2").code, run("deploys", "cancel", "none").code) == (1, 1)


@pytest.mark.runs_program
def test_a_cancelled_deploy_is_not_listed_as_a_failed_one(control: Control, run: Run) -> None:
    ended = [deploy("d2", state="failed", error=CANCELLED), deploy("d1", state="failed", error=ERROR)]
    control.reply("GET", "/api/v1/deploys", {"deploys": [], "next_cursor": None})
    control.reply("GET", "/api/v1/deploys", {"deploys": ended, "next_cursor": None})
    _, cancelled, failed = run("deploys").out.splitlines()
    assert "cancelled" in cancelled.split()
    assert "failed" in failed.split()
