"""Platform files on the command line; tests/component/control/test_platform_files.py has them on the real API."""

import json
from pathlib import Path
from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

BUDGET: dict[str, Any] = {"project": "risk", "amount": 500.0, "thresholds": [50], "stops": "jobs"}
FILE = """
[[budgets]]
project = "risk"
amount = 700.0

[[secrets]]
on = "project:risk"
name = "DB"
"""


def test_drift_is_planned_applied_and_exported(control: Control, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "platform.toml"
    file.write_text(FILE)
    control.reply("GET", "/api/v1/projects", {"projects": [{"name": "risk"}], "next_cursor": None})
    control.reply("GET", "/api/v1/budgets", {"budgets": [BUDGET]})
    control.reply("GET", "/api/v1/secrets", {"secrets": [], "next_cursor": None})
    control.reply("PUT", "/api/v1/budgets/risk", BUDGET)
    planned = run("apply", "-f", str(file), "--plan")
    assert planned.code == 1 and "budgets risk" in planned.out and "500.0 → 700.0" in planned.out
    assert control.calls("PUT", "/api/v1/budgets/risk") == []
    steps = json.loads(run("apply", "-f", str(file), "--plan", "--json").out)["steps"]
    assert [(step["act"], step["key"]) for step in steps] == [("change", ["risk"]), ("missing", ["project:risk", "DB"])]
    done = run("apply", "-f", str(file))
    assert (
        done.code == 1 and "1 of 2 steps are done" in done.out and "unshelf secrets set DB --project risk" in done.out
    )
    assert control.calls("PUT", "/api/v1/budgets/risk")[0].json == {
        "amount": 700.0,
        "thresholds": [50],
        "stops": "jobs",
    }
    assert "amount = 500.0" in run("export", "--kind", "budgets").out
    assert "1 things are written" in run("export", "--kind", "budgets", "-o", str(tmp_path / "out.toml")).out
    again = run("apply", "-f", str(tmp_path / "out.toml"))
    assert again.code == 0 and "is as the file says" in again.out
    assert json.loads(run("export", "--kind", "budgets", "--json").out) == {"budgets": [BUDGET]}


def test_a_wrong_file_is_refused_before_anything_is_asked(control: Control, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "platform.toml"
    file.write_text("[[budget]]\nproject = 'x'\n")
    refused = run("apply", "-f", str(file))
    assert refused.code == 1 and "'budgets'" in refused.err and "line 1" in refused.err
    assert control.asked == []
