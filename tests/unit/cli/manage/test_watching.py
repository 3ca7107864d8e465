"""Watches on the command line."""

from tests.support.control import Control
from tests.unit.cli.conftest import Run

WATCH = {"kind": "project", "name": "risk", "reason": "asked", "muted": False, "since": "2026-05-01T00:00:00Z"}


def test_something_is_followed_muted_and_let_go(control: Control, run: Run) -> None:
    at = "/api/v1/subjects/project/risk/watch"
    control.reply("PUT", at, WATCH)
    control.reply("PUT", at, WATCH | {"muted": True})
    control.reply("DELETE", at, None, 204)
    assert run("watching", "follow", "project/risk").out == "risk is followed.\n"
    assert run("watching", "follow", "project/risk", "--mute").out == "risk is muted.\n"
    assert [each.json for each in control.calls("PUT", at)] == [{"muted": False}, {"muted": True}]
    assert run("watching", "stop", "project/risk").out == "project/risk is not watched.\n"


def test_watches_are_listed_with_their_reason(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/watches", {"watches": [WATCH], "next_cursor": None})
    said = run("watching", "list")
    assert "risk" in said.out
    assert "asked" in said.out
