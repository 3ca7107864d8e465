"""Monitors on the command line."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run

AT = "/api/v1/models/credit/monitors"
LATEST: dict[str, Any] = {
    "status": "alarm", "version": 1, "since": "2026-03-02T00:00:00Z", "until": "2026-03-03T00:00:00Z", "complete": False, "rows": 900,
    "value": 0.31, "judged_at": "2026-03-02T12:00:00Z",
}  # fmt: skip
MONITOR: dict[str, Any] = {
    "model": "credit", "project": "risk", "name": "inputs", "kind": "inputs", "version": None, "window": "day", "reference": "baseline",
    "columns": [], "threshold": 0.1, "thresholds": {"age": 0.3}, "severity": "warning", "paused": False, "source": "changed",
    "changed_at": "2026-03-01T00:00:00Z", "changed_by": "ana", "latest": LATEST,
}  # fmt: skip
QUIET = {**MONITOR, "name": "volume", "kind": "volume", "latest": None, "model": "a-model"}
RESULT: dict[str, Any] = {
    **LATEST, "threshold": 0.1, "reference": "the baseline", "reason": "", "looks": 2,
    "columns": [{"column": "age", "measure": "jensen_shannon", "value": 0.31, "threshold": 0.1, "bad": True, "say": "mean 52, was 40"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def known(control: Control) -> None:
    control.reply("GET", AT, {"monitors": [MONITOR], "next_cursor": None})
    control.reply("GET", "/api/v1/monitors", {"monitors": [QUIET, MONITOR], "next_cursor": None})
    control.reply("GET", f"{AT}/inputs", MONITOR)
    control.reply("GET", f"{AT}/inputs/results", {"results": [RESULT], "next_cursor": None})
    control.reply("PATCH", f"{AT}/inputs", MONITOR)
    control.reply("POST", AT, MONITOR, 201)


def test_alarms_come_first(run: Run) -> None:
    lines = run("monitors").out.splitlines()
    assert "alarm" in lines[1] and "0.31" in lines[1]
    assert "nothing judged yet" in lines[2]
    assert "credit" in run("monitors", "list", "credit").out


def test_one_is_shown_with_what_it_found(run: Run) -> None:
    out = run("monitors", "show", "credit", "inputs").out
    assert "age: mean 52, was 40" in out and "alarm so far" in out and "age 0.3" in out
    assert "age: mean 52" in run("monitors", "results", "credit", "inputs", "--since", "7d").out


def test_one_is_changed_and_another_added(control: Control, run: Run) -> None:
    assert (
        "is changed"
        in run(
            "monitors", "set", "credit", "inputs", "--threshold", "0.2", "--threshold", "income=0.4", "--all-columns"
        ).out
    )
    assert control.calls("PATCH", f"{AT}/inputs")[-1].json == {
        "threshold": 0.2,
        "thresholds": {"age": 0.3, "income": 0.4},
        "columns": [],
    }
    assert "is added" in run("monitors", "set", "credit", "income", "--kind", "inputs", "--column", "income").out
    assert control.calls("POST", AT)[-1].json == {"name": "income", "kind": "inputs", "columns": ["income"]}
    wanted = ("--metric", "accuracy", "--slice", "region=north", "--absolute", "--least-labels", "200", "--estimated")
    assert "is added" in run("monitors", "set", "credit", "north", "--kind", "performance", *wanted).out
    assert control.calls("POST", AT)[-1].json == {
        "name": "north", "kind": "performance", "metric": "accuracy", "slice": "region=north", "relative": False, "least_labels": 200,
        "estimated": True,
    }  # fmt: skip
    assert "which --kind" in run("monitors", "set", "credit", "another").err
    assert "is inputs, for good" in run("monitors", "set", "credit", "inputs", "--kind", "errors").err
    assert "no threshold" in run("monitors", "set", "credit", "inputs", "--threshold", "age=much").err


def test_what_is_measured_of_performance_is_shown(control: Control, run: Run) -> None:
    measure = {"metric": "", "slice": "region=north", "relative": True, "least_labels": 200, "estimated": True}
    control.reply("GET", f"{AT}/north", {**MONITOR, "kind": "performance", **measure})
    control.reply("GET", f"{AT}/north/results", {"results": [RESULT], "next_cursor": None})
    shown = run("monitors", "show", "credit", "north").out
    for words in ("that of the task", "region=north", "a share below the reference", "200"):
        assert words in shown


def test_one_is_paused_and_deleted(control: Control, run: Run) -> None:
    assert "is paused" in run("monitors", "pause", "credit", "inputs").out
    assert control.asked[-1].json == {"paused": True}
    assert "goes on" in run("monitors", "resume", "credit", "inputs").out
    control.reply("DELETE", f"{AT}/inputs", None, 204)
    assert "is deleted" in run("monitors", "delete", "credit", "inputs").out


def test_the_past_is_judged(control: Control, run: Run) -> None:
    came = {"judged": 28, "alarms": 3, "since": "a", "reached": "b", "done": True}
    control.reply("POST", f"{AT}/run", came)
    out = run("monitors", "backfill", "credit", "--since", "28d").out
    assert "28 results are new; 3 of them are alarms." in out and "In alarm now: inputs." in out
    assert control.calls("POST", f"{AT}/run")[-1].json["since"] is not None
    run("monitors", "run", "credit", "inputs")
    assert control.calls("POST", f"{AT}/run")[-1].json == {"monitor": "inputs", "since": None}


def test_exports_are_written_as_they_come(control: Control, run: Run, tmp_path: Path) -> None:
    control.reply("GET", "/api/v1/monitors/export/grafana", {"uid": "unshelf"})
    control.reply("GET", "/api/v1/monitors/export/prometheus", {"groups": []})
    assert '"uid"' in run("monitors", "export", "--grafana").out
    out = tmp_path / "rules.yml"
    assert f"Written to {out}" in run(
        "monitors", "export", "--prometheus", "--model", "credit", "--out", str(out)
    ).out.replace("\n", "")
    assert "groups" in out.read_text()
    assert control.asked[-1].path.endswith("?model=credit")
    assert run("monitors", "export", "--grafana", "--json").out.startswith("{")
    for wrong in ((), ("--grafana", "--prometheus")):
        assert run("monitors", "export", *wrong).code == 2


def test_one_that_judged_nothing_says_when_it_does_and_how_to_have_it_judge_now(control: Control, run: Run) -> None:
    control.reply("GET", f"{AT}/north", MONITOR)
    control.reply("GET", f"{AT}/north/results", {"results": [], "next_cursor": None})
    shown = run("monitors", "show", "credit", "north").out
    assert "at each full hour" in shown
    assert "unshelf monitors run" in shown
