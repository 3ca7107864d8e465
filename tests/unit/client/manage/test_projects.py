"""Projects through the client: what is sent is what was asked for, and no more."""

from tests.support.control import Control
from unshelf.client.client import Client

PATH = "/api/v1/projects/credit"


def test_a_project_is_made_and_only_what_is_given_is_changed(control: Control, client: Client) -> None:
    control.reply("POST", "/api/v1/projects", {"name": "credit"}, 201)
    control.reply("PATCH", PATH, {"name": "credit"})
    client.create_project("credit", title="Credit", priority="high")
    client.change_project("credit", title="Risk")
    assert [each.json for each in control.asked] == [
        {"name": "credit", "title": "Credit", "description": "", "priority": "high"}, {"title": "Risk"},
    ]  # fmt: skip


def test_archiving_restoring_moving_and_opening_carry_their_reason(control: Control, client: Client) -> None:
    for method, path in (
        ("POST", f"{PATH}/archive"),
        ("POST", f"{PATH}/restore"),
        ("PUT", "/api/v1/models/m/project"),
        ("PUT", "/api/v1/models/m/visibility"),
    ):
        control.reply(method, path, {"name": "m"})
    client.archive_project("credit", reason="over")
    client.restore_project("credit", reason="again")
    client.move_model("m", "credit", reason="tidy")
    client.set_visibility("m", "internal", reason="asked")
    assert [each.json for each in control.asked] == [
        {"reason": "over"}, {"reason": "again"}, {"project": "credit", "reason": "tidy"},
        {"visibility": "internal", "reason": "asked"},
    ]  # fmt: skip


def test_notes_are_written_edited_and_read_with_their_history(control: Control, client: Client) -> None:
    control.reply("GET", PATH, {"name": "credit"})
    control.reply("POST", f"{PATH}/notes", {"id": "n1"}, 201)
    control.reply("PUT", f"{PATH}/notes/n1", {"id": "n1", "edits": 1})
    control.reply("GET", f"{PATH}/notes", {"notes": [{"id": "n1"}], "next_cursor": None})
    control.reply("GET", f"{PATH}/notes/n1/texts", {"texts": [{"text": "a"}, {"text": "b"}]})
    assert client.project("credit") == {"name": "credit"}
    assert client.write_note("credit", "a") == {"id": "n1"}
    assert client.edit_note("credit", "n1", "b")["edits"] == 1
    assert client.notes("credit") == [{"id": "n1"}]
    assert [each["text"] for each in client.note_texts("credit", "n1")] == ["a", "b"]
