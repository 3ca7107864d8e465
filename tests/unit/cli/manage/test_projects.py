"""Projects on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

PATH = "/api/v1/projects/credit"
CREDIT = {
    "name": "credit", "title": "Credit risk", "description": "Scores.", "stage": "deploy", "priority": "high",
    "created_at": "2026-05-01T00:00:00Z", "created_by": "ana", "archived_at": None,
}  # fmt: skip
NOTE = {
    "id": "n1", "text": "**decided**", "author": "ana", "created_at": "2026-05-01T00:00:00Z", "edits": 1,
    "edited_at": "2026-05-02T00:00:00Z", "edited_by": "ben",
}  # fmt: skip


def test_projects_are_listed_with_their_stage(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/projects", {"projects": [CREDIT], "next_cursor": None})
    assert "deploy" in run("projects").out
    assert json.loads(run("projects", "list", "--archived", "--json").out) == {"projects": [CREDIT]}
    assert "archived=true" in control.asked[1].path


def test_a_project_is_shown_with_all_that_is_in_it(control: Control, run: Run) -> None:
    control.reply("GET", PATH, CREDIT)
    control.reply("GET", "/api/v1/models", {"models": [{"name": "score"}], "next_cursor": None})
    control.reply("GET", f"{PATH}/members", {"members": [{"name": "ana", "role": "owner"}]})
    control.reply("GET", f"{PATH}/notes", {"notes": [NOTE], "next_cursor": None})
    shown = run("projects", "show", "credit").out
    assert all(text in shown for text in ("Credit risk", "score", "ana (owner)", "**decided**", "edited"))
    assert json.loads(run("projects", "show", "credit", "--json").out)["models"] == [{"name": "score"}]
    assert "n1" in run("projects", "notes", "credit").out


def test_projects_are_made_changed_archived_and_restored(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/projects", CREDIT, 201)
    control.reply("PATCH", PATH, CREDIT)
    control.reply("POST", f"{PATH}/archive", CREDIT)
    control.reply("POST", f"{PATH}/restore", CREDIT)
    assert "--project credit" in run("projects", "create", "credit", "--title", "Credit risk").out
    assert run("projects", "change", "credit", "--priority", "low").code == 0
    assert run("projects", "change", "credit").code == 2
    assert "go on serving" in run("projects", "archive", "credit", "--reason", "over").out
    assert "open again" in run("projects", "restore", "credit").out
    assert [each.json for each in control.asked] == [
        {"name": "credit", "title": "Credit risk", "description": "", "priority": "normal"}, {"priority": "low"},
        {"reason": "over"}, {"reason": ""},
    ]  # fmt: skip


def test_notes_are_written_and_edited(control: Control, run: Run) -> None:
    control.reply("POST", f"{PATH}/notes", NOTE, 201)
    control.reply("PUT", f"{PATH}/notes/n1", NOTE)
    control.reply("GET", f"{PATH}/notes", {"notes": [], "next_cursor": None})
    assert "written" in run("projects", "note", "credit", "text").out
    assert "edited" in run("projects", "note", "credit", "text", "--edit", "n1").out
    assert "No notes yet" in run("projects", "notes", "credit").out


def test_a_model_is_moved_and_opened(control: Control, run: Run) -> None:
    place = {"name": "score", "project": "credit", "visibility": "internal"}
    control.reply("PUT", "/api/v1/models/score/project", place)
    control.reply("PUT", "/api/v1/models/score/visibility", place)
    assert "belongs to the project credit" in run("projects", "move", "score", "credit").out
    assert json.loads(run("visibility", "score", "internal", "--json").out) == place
    assert control.asked[1].json == {"visibility": "internal", "reason": ""}
