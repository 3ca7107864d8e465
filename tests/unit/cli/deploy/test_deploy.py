"""Deploys on the command line: each step, the way to call, the reason of a failure."""

import json
from pathlib import Path

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run


@pytest.mark.runs_program
def test_a_deploy_in_a_pipe_tells_each_step_and_how_to_call(control: Control, run: Run, tmp_path: Path) -> None:
    (tmp_path / "predict.py").write_text("def predict(rows):\n    return rows\n")
    (tmp_path / "unshelf.toml").write_text('[model]\npredict = "predict.py:predict"\n[example]\ninputs = [{a = 1}]\n')
    control.deploys(name="echo")
    said = run("deploy", str(tmp_path), "--name", "echo", "--requirement", "six")
    assert said.code == 0
    assert "✓ build the environment" in said.out
    assert """-H "Authorization: Bearer $UNSHELF_TOKEN\"""" in said.out
    assert f"""-d '{{"inputs":[{{"a":1}}]}}' {control.url}/models/echo/predict""" in said.out
    assert control.calls("POST", "/api/v1/deploys")[0].json["manifest"]["requirements"] == ["six"]
    lines = [json.loads(line) for line in run("deploy", str(tmp_path), "--name", "echo", "--json").out.splitlines()]
    assert lines[0]["step"] == "bundle"
    assert (lines[-1]["step"], lines[-1]["version"], lines[-1]["reference"]) == ("end", 1, "echo:1")


@pytest.mark.runs_program
def test_a_failed_deploy_says_step_reason_and_what_to_do(control: Control, run: Run, tmp_path: Path) -> None:
    (tmp_path / "predict.py").write_text("def predict(rows):\n    return rows\n")
    (tmp_path / "unshelf.toml").write_text('[model]\npredict = "predict.py:predict"\n')
    error = {
        "code": "check_failed",
        "step": "check",
        "detail": "No module named 'six'",
        "hint": "Add six.",
        "log": "last words",
    }
    control.reply("POST", "/api/v1/deploys", {"id": "d1"}, 202)
    control.reply("GET", "/api/v1/deploys/d1/events", [{"step": "end", "state": "failed", "error": error}])
    said = run("deploy", str(tmp_path), "--name", "echo")
    assert said.code == 1
    for words in ("Failed at step check", "No module named 'six'", "What to do: Add six.", "last words"):
        assert words in said.err
    told = run("deploy", str(tmp_path), "--name", "echo", "--json")
    assert json.loads(told.out.splitlines()[-1])["error"]["code"] == "check_failed"
    assert json.loads(told.err)["step"] == "check"


@pytest.mark.runs_program
def test_warnings_of_the_check_are_shown_and_are_among_the_notes(control: Control, run: Run, tmp_path: Path) -> None:
    (tmp_path / "predict.py").write_text("def predict(rows):\n    return rows\n")
    (tmp_path / "unshelf.toml").write_text('[model]\npredict = "predict.py:predict"\n[example]\ninputs = [{a = 1}]\n')
    control.reply("POST", "/api/v1/deploys", {"id": "d1"}, 202)
    said = {"step": "check", "state": "info", "detail": "note: warning while loading the model: UserWarning: old"}
    end = {"step": "end", "state": "done", "version": 1, "live": True, "reference": "echo:1"}
    control.reply("GET", "/api/v1/deploys/d1/events", [said, end])
    assert "UserWarning: old" in run("deploy", str(tmp_path), "--name", "echo").out
    lines = [json.loads(line) for line in run("deploy", str(tmp_path), "--name", "echo", "--json").out.splitlines()]
    assert lines[-1]["notes"] == ["warning while loading the model: UserWarning: old"]
