"""`unshelf records` and `unshelf models register` in the terminal."""

import json
from pathlib import Path

from tests.support.control import Control
from tests.unit.cli.conftest import Run

FOLDER = {
    "id": "f1", "model": "churn", "project": "default", "data": "data://lake/in", "every_seconds": 300, "next_at": "2026-11-01T10:00:00Z",
    "looked_at": None, "problem": "", "files": 2, "damaged": 1, "accepted": 1500, "created_at": "2026-11-01T10:00:00Z", "created_by": "ana",
}  # fmt: skip
FILE = {
    "path": "in/a.csv", "state": "damaged", "accepted": 0, "duplicates": 0, "refused": 0, "reason": "no [table]",
    "taken_at": "2026-11-01T10:00:00Z",
}  # fmt: skip


def test_a_file_of_records_is_sent(control: Control, run: Run, tmp_path: Path) -> None:
    fault = {"row": 1, "column": "age", "expected": "a whole number", "got": '"[x]"'}
    answer = {"accepted": 1, "duplicates": 2, "refused": 1, "faults": [fault]}
    control.reply("POST", "/api/v1/models/churn/records", answer)
    path = tmp_path / "sent.csv"
    path.write_text("id,age,prediction\n7,3,stay\n8,x,stay\n")
    said = run("records", "send", "churn", str(path)).out
    assert "1 accepted, 2 known already, 1 refused." in said
    assert 'record 1: age: expected a whole number, got "[x]"' in said
    assert json.loads(run("records", "send", "churn", str(path), "--json").out)["refused"] == 1


def test_folders_are_watched_listed_and_forgotten(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/record-folders", FOLDER)
    control.reply("GET", "/api/v1/record-folders", {"folders": [FOLDER], "next_cursor": None})
    control.reply("GET", "/api/v1/record-folders/f1/files", {"files": [FILE], "next_cursor": None})
    control.reply("POST", "/api/v1/record-folders/f1/look", FOLDER)
    control.reply("DELETE", "/api/v1/record-folders/f1", None)
    assert (
        "data://lake/in is watched every 10m: f1"
        in run("records", "watch", "churn", "data://lake/in", "--every", "10m", "--output", "output=y").out
    )
    asked = control.asked[-1].json
    assert (asked["every_seconds"], asked["columns"]["outputs"]) == (600, {"output": "y"})
    assert "not yet" in run("records", "folders", "churn").out
    assert "no [table]" in run("records", "files", "f1").out
    assert "2 files, 1 damaged, 1,500 records." in run("records", "look", "f1").out
    assert "watched no longer" in run("records", "forget", "f1").out
    for command in (("folders",), ("files", "f1"), ("look", "f1"), ("forget", "f1")):
        json.loads(run("records", *command, "--json").out)
    assert run("records", "watch", "churn", "data://lake/in", "--output", "odd").code == 1
