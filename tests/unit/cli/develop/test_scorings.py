"""Scorings on the command line: progress, results, rows that failed."""

from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

API = "/api/v1/scorings"
SCORING: dict[str, Any] = {
    "id": "01s", "name": "credit:1", "project": "risk", "model": "credit", "version": 1, "source": "data://orders@2", "out": "",
    "state": "succeeded", "reason": "", "tier": "small", "job": "01j", "job_state": "succeeded", "rows": 5000, "scored": 4999,
    "failed": 1, "progress": None, "created_at": "2026-05-01T12:00:00Z", "created_by": "ana", "written": "", "unused": ["id"],
    "files": [{"path": "predictions.parquet", "sha256": "0" * 64, "size": 2048}],
    "failures": [{"row": 7, "code": "invalid_input", "column": "age", "expected": "int64", "got": "null", "detail": "No."}],
}  # fmt: skip


def test_a_scoring_is_shown_with_its_results_and_the_rows_that_failed(control: Control, run: Run) -> None:
    control.reply("GET", f"{API}/01s", SCORING)
    control.reply("GET", API, {"scorings": [SCORING], "next_cursor": None})
    out = run("scorings", "show", "01s").out
    assert "4,999 rows, 1 failed" in out
    assert "unshelf scorings download 01s" in out
    assert "age" in out
    assert "data://orders@2" in run("scorings").out
