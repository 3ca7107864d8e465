"""`unshelf diagnose` in the terminal."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.control import Control
from tests.unit.cli.conftest import Run

ASKED = {"subject": "drift", "column": "", "model": "iris", "version": 1}
CHANGE = {
    "time": "2026-11-01T00:00:00Z",
    "kind": "release",
    "action": "release.changed",
    "say": "Live: version 2",
    "by": "ada",
}
DRIFT: dict[str, Any] = {
    "asked": ASKED, "against": "the training data", "rows": 240, "words": ["1 of 2 columns is far.", "x: mean 9, was 1."],
    "columns": [
        {"column": "in:x", "name": "x", "side": "input", "share": 0.9, "distance": 0.42, "drifted": True, "say": "mean 9, was 1",
         "distances": []},
    ],
    "slices": ["in:who"], "changes": [CHANGE], "notes": [],
}  # fmt: skip
COLUMN: dict[str, Any] = {
    "asked": ASKED, "column": "in:x", "words": ["x: mean 9, was 1."],
    "bins": [{"label": "from 8", "before": 0.1, "now": 0.6, "share": 0.8}, {"label": "below 1", "before": 0.0, "now": 0.0, "share": 0.0}],
    "slices": [{"name": "in:who", "parts": [{"value": "b", "rows": 120, "share_of_rows": 0.5, "share": 0.97, "steps": [0.0, 0.97]}]}],
    "notes": ["There are more slices than are shown."],
}  # fmt: skip
QUALITY: dict[str, Any] = {
    "asked": ASKED, "measure": "wrong_answers", "words": ["The share of wrong answers rose."], "changes": [CHANGE], "notes": ["Only 12."],
    "slices": [{"name": "who", "parts": [
        {"value": "b", "rows": 100, "before": None, "now": 0.5, "share_of_rows": 0.5, "share": 1.0},
    ]}],
    "mistakes": [{"truth": "0", "answer": "1", "before": 0.0, "now": 0.25, "share": 1.0}],
}  # fmt: skip
ROWS: dict[str, Any] = {
    "columns": ["time", "id", "row", "in:x"], "rows": [["2026-11-01T00:00:00", "p1", 0, 900.0]], "truncated": True, "sql": "select 1",
}  # fmt: skip


def test_columns_bins_slices_and_changes_of_a_drift(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/diagnosis", DRIFT)
    control.reply("GET", "/api/v1/models/iris/diagnosis/column", COLUMN)
    said = run("diagnose", "iris", "--alert", "a1", "--by", "who").out
    for part in (
        "1 of 2 columns is far.",
        "in:x",
        "90%",
        "0.42",
        "from 8",
        "10.0%",
        "97%",
        "Live: version 2",
        "more slices",
    ):
        assert part in said, part
    assert "below 1" not in said, "nothing is in that bin"
    (asked,) = control.calls("GET", "/api/v1/models/iris/diagnosis/column")
    query = parse_qs(urlsplit(asked.path).query)
    assert (query["column"], query["slice"], query["alert"]) == (["in:x"], ["in:who"], ["a1"])
    assert json.loads(run("diagnose", "iris", "--json").out) == {**DRIFT, "column": COLUMN}


def test_nothing_to_compare_is_a_sentence(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/diagnosis", {**DRIFT, "columns": [], "words": ["iris:1 was not asked."]})
    assert "iris:1 was not asked." in run("diagnose", "iris").out
    assert not control.calls("GET", "/api/v1/models/iris/diagnosis/column")


def test_an_alert_about_quality_is_about_quality(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/diagnosis", {**DRIFT, "asked": {**ASKED, "subject": "quality"}})
    control.reply("GET", "/api/v1/models/iris/diagnosis/quality", QUALITY)
    said = run("diagnose", "iris", "--alert", "a1").out
    for part in ("rose.", "who", "50.0%", "100%", "25.0%", "Only 12.", "Live: version 2"):
        assert part in said, part
    assert json.loads(run("diagnose", "iris", "--quality", "--json").out) == QUALITY


def test_rows_behind_a_bar_with_their_sql(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/diagnosis/rows", ROWS)
    said = run("diagnose", "iris", "--rows", "--column", "in:x", "--bin", "from 8", "--slice", "who=b").out
    for part in ("p1", "900.0", "1 row; there are more", "select 1"):
        assert part in said, part
    (asked,) = control.calls("GET", "/api/v1/models/iris/diagnosis/rows")
    assert parse_qs(urlsplit(asked.path).query)["bin"] == ["from 8"]
    assert json.loads(run("diagnose", "iris", "--rows", "--json").out) == ROWS
    wrong = run("diagnose", "iris", "--bin", "from 8")
    assert wrong.code == 2
