"""`unshelf metrics` in the terminal."""

import json
from pathlib import Path

from tests.support.control import Control
from tests.unit.cli.conftest import Run

AT = "/api/v1/models/churn/quality/metrics"
METRIC = {
    "name": "lost", "number": 2, "function": "lost", "description": "EUR lost", "better": "lower", "tier": "small",
    "created_at": "2026-11-30T10:00:00Z", "created_by": "ann", "days": 3, "problem": "", "problem_days": 1, "note": "",
}  # fmt: skip
DETAIL = {
    **METRIC,
    "versions": [
        {"number": 2, "created_at": "2026-11-30T10:00:00Z", "created_by": "ann", "code": "def lost():\n  pass"}
    ],
}


def test_a_metric_is_added_from_a_file(control: Control, run: Run, tmp_path: Path) -> None:
    control.reply("PUT", f"{AT}/lost", DETAIL)
    path = tmp_path / "metric.py"
    path.write_text("def lost(truth, prediction, rows):\n    return 1\n")
    given = ("metrics", "add", "churn", "lost", "--file", str(path), "--better", "lower")
    assert "lost of churn is at version 2" in run(*given).out
    (asked,) = control.calls("PUT", f"{AT}/lost")
    assert (asked.json["function"], asked.json["better"], asked.json["tier"]) == ("lost", "lower", "small")
    assert asked.json["code"] == path.read_text()
    assert json.loads(run(*given, "--json").out)["number"] == 2
    assert run("metrics", "add", "churn", "lost", "--file", str(path), "--better", "best").code == 2
    assert run("metrics", "add", "churn", "lost", "--file", str(tmp_path / "none.py")).code == 2


def test_metrics_are_listed_shown_and_removed(control: Control, run: Run) -> None:
    control.reply("GET", AT, {"metrics": [METRIC, {**METRIC, "name": "bad", "problem": "It returned nan."}]})
    listed = run("metrics", "list", "churn").out
    assert "EUR lost" in listed and "It returned nan." in listed
    assert len(json.loads(run("metrics", "list", "churn", "--json").out)["metrics"]) == 2
    control.reply("GET", f"{AT}/lost", DETAIL)
    shown = run("metrics", "show", "churn", "lost").out
    assert "3 days were evaluated, 1 of them without a value." in shown and "def lost():" in shown
    assert json.loads(run("metrics", "show", "churn", "lost", "--json").out) == DETAIL
    control.reply("DELETE", f"{AT}/lost", None, 204)
    assert "no metric lost any more" in run("metrics", "remove", "churn", "lost").out
    assert json.loads(run("metrics", "remove", "churn", "lost", "--json").out) == {"name": "churn", "metric": "lost"}
