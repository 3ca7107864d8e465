"""The audit trail on the command line."""

import json
from pathlib import Path

from tests.support.audit_keys import write_keys
from tests.support.control import Control
from tests.unit.cli.conftest import Run

FILES = {"files": 2, "rows": 9, "pending": 1, "closed_at": "2027-01-01T00:00:00Z"}
REPORT = {"closed_to": 7, "hash": "a" * 64, "pending": 0, "faults": [], "files": FILES}
HEAD = {"sequence": 7, "hash": "a" * 64, "time": "2027-01-01T00:00:00+00:00", "key": "", "signature": ""}
FAULT = {
    "sequence": 3,
    "detail": "Changed since it was logged.",
    "since": "2027-01-01T00:00:00Z",
    "advice": "Restore it.",
}


def test_the_audit_trail(control: Control, run: Run) -> None:
    event = {
        "time": "2026-01-31T12:00:00Z",
        "actor": "admin",
        "action": "key.created",
        "subject": "k1",
        "detail": {"role": "predict"},
    }
    control.reply("GET", "/api/v1/audit", {"events": [event]})
    found = run("audit", "--limit", "5", "--actor", "ana", "--kind", "key", "--since", "2027-01-01T00:00:00Z")
    assert "role=predict" in found.out
    assert control.asked[0].path.endswith("?limit=5&actor=ana&subject_kind=key&since=2027-01-01T00%3A00%3A00%2B00%3A00")
    assert run("audit", "--since", "soon").code == 2


def test_a_changed_log_fails_the_verification(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/audit/chain", REPORT)
    fine = run("audit", "verify")
    assert (fine.code, "The log is as it was written. 7 events" in fine.out) == (0, True)
    assert "2 files with 9 records, 1 not closed yet; last closed 2027-01-01" in fine.out
    gone = FAULT | {"path": "model=iris/x.parquet", "detail": "Missing."}
    control.reply("GET", "/api/v1/audit/chain", REPORT | {"faults": [FAULT, gone]})
    run("audit", "verify")  # the first reply once more: replies come in turn
    changed = run("audit", "verify")
    assert changed.code == 1
    assert "Event 3: Changed since it was logged. (since " in changed.out
    assert changed.out.count("→ Restore it.") == 1
    assert "File model=iris/x.parquet: Missing." in changed.out


def test_a_difference_is_accepted(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/audit/accepted-files", None, 204)
    assert "is taken as it is now" in run("audit", "accept", "model=iris/x.parquet", "--reason", "Restored.").out
    assert control.asked[0].json == {"path": "model=iris/x.parquet", "reason": "Restored."}


def test_heads_are_added_to_a_file_and_the_last_one_is_asked_for(control: Control, run: Run, tmp_path: Path) -> None:
    control.reply("GET", "/api/v1/audit/head", HEAD)
    control.reply("GET", "/api/v1/audit/chain", REPORT)
    file = tmp_path / "heads.jsonl"
    assert json.loads(run("audit", "head").out) == HEAD
    for _ in range(2):
        assert "Event 7, not signed" in run("audit", "head", "-o", str(file)).out
    assert [json.loads(line) for line in file.read_text().splitlines()] == [HEAD, HEAD]
    assert run("audit", "verify", "--head", str(file), "--json").code == 0
    assert control.asked[-1].path.endswith(f"?files=true&sequence=7&hash={'a' * 64}")
    _, public = write_keys(tmp_path)
    unsigned = run("audit", "verify", "--head", str(file), "--key", str(public))
    assert (unsigned.code, "The head is not signed." in unsigned.err) == (1, True)


def test_an_export_is_a_line_an_event(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/audit/export", {"sequence": 8})
    assert run("audit", "export", "--after", "7").out == '{"sequence":8}\n'


def test_a_home_folder_that_is_none_is_named(run: Run, tmp_path: Path) -> None:
    said = run("audit", "verify", "--home", str(tmp_path / "missing"))
    assert (said.code, "There is no folder" in said.err) == (1, True)
    empty = run("audit", "verify", "--home", str(tmp_path))
    assert (empty.code, "There is no database" in empty.err) == (1, True)
