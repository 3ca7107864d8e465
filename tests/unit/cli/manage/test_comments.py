"""Comments on the command line."""

from tests.support.control import Control
from tests.unit.cli.conftest import Run

AT = "/api/v1/subjects/model/iris/comments"
WRITTEN = {
    "id": "c1", "text": "[red]not[/red] markup", "author": "ana", "created_at": "2026-05-01T00:00:00Z", "edits": 1, "deleted_at": None,
}  # fmt: skip


def test_comments_are_shown_as_they_were_written(control: Control, run: Run) -> None:
    control.reply(
        "GET", AT, {"comments": [WRITTEN, WRITTEN | {"id": "c2", "deleted_at": "x", "text": ""}], "next_cursor": None}
    )
    said = run("comments", "list", "iris")
    assert "[red]not[/red] markup" in said.out
    assert "(edited) [c1]" in said.out
    assert "(deleted)" in said.out


def test_a_comment_is_written_edited_and_deleted(control: Control, run: Run) -> None:
    control.reply("POST", AT, WRITTEN, 201)
    control.reply("PUT", f"{AT}/c1", WRITTEN)
    control.reply("DELETE", f"{AT}/c1", None, 204)
    assert run("comments", "add", "iris", "@ben look").out == "The comment c1 is written.\n"
    assert run("comments", "add", "iris", "-", stdin="two\nlines\n").code == 0
    assert [each.json["text"] for each in control.calls("POST", AT)] == ["@ben look", "two\nlines"]
    assert run("comments", "edit", "iris", "c1", "better").out == "The comment c1 is edited.\n"
    assert run("comments", "delete", "iris", "c1").out == "The comment c1 is deleted.\n"
