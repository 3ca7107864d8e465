"""`unshelf check`: files and references are sent, and what was found is shown."""

import json
from pathlib import Path

from tests.support.control import Control
from tests.unit.cli.conftest import Run

FOUND = {
    "id": "c1", "model": "iris", "version": 2, "started_at": "2026-05-01T00:00:00Z", "started_by": "ada", "seconds": 1.0, "data": "",
    "label": "y", "rows": 3, "answered": 2, "not_asked": 0, "failed": {"invalid_input": 1}, "unused": ["id"], "note": "",
    "failures": [{"row": 2, "code": "invalid_input", "detail": "column 'a': expected int64"}],
    "latency": {"median": 1.0, "p95": 2.0, "slowest": 2.0},
    "quality": {"kind": "classes", "rows": 2, "figures": {"accuracy": 0.5}, "confusion": [{"label": 1, "output": 0, "rows": 1}]},
}  # fmt: skip


def test_a_file_is_checked_with_its_label(control: Control, run: Run, tmp_path: Path) -> None:
    control.reply("POST", "/api/v1/models/iris@best/checks", FOUND, 201)
    (tmp_path / "rows.csv").write_text("a,y\n1,0\n")
    said = run("check", "iris@best", "--data", str(tmp_path / "rows.csv"), "--label", "y").out
    assert control.asked[-1].json["rows"] == [{"a": 1, "y": 0}]
    for part in ("iris:2: 2 of 3 rows answered", "1 invalid_input", "accuracy 0.5", "expected int64", "id, y"):
        assert part in said, said
    asked = run("check", "iris@best", "--data", "data://holdout", "--rows", "5", "--json")
    assert json.loads(asked.out) == FOUND
    assert (control.asked[-1].json["data"], control.asked[-1].json["most_rows"]) == ("data://holdout", 5)


def test_without_data_the_checks_are_listed(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/checks", {"checks": [FOUND], "next_cursor": None})
    assert "2 of 3" in run("check", "iris").out
    assert json.loads(run("check", "iris", "--json").out) == {"checks": [FOUND]}
