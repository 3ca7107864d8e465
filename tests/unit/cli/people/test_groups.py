"""Groups on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

GROUP = {
    "id": "g1",
    "name": "team",
    "description": "All of us.",
    "created_at": "2026-05-01T00:00:00Z",
    "created_by": "admin",
}
MEMBER = {"name": "ada", "full_name": "Ada Lovelace", "status": "active"}


def test_groups_are_made_filled_and_removed(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/groups", GROUP, 201)
    control.reply("PUT", "/api/v1/groups/team/members/ada", None, 204)
    control.reply("DELETE", "/api/v1/groups/team/members/ada", None, 204)
    control.reply("DELETE", "/api/v1/groups/team", None, 204)
    for words in (
        ("create", "team", "--description", "All"),
        ("add", "team", "ada"),
        ("drop", "team", "ada"),
        ("remove", "team"),
    ):
        assert run("groups", *words).code == 0
        assert json.loads(run("groups", *words, "--json").out)


def test_groups_are_listed_and_shown(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/groups", {"groups": [GROUP], "next_cursor": None})
    control.reply("GET", "/api/v1/groups/team", {"group": GROUP, "members": [MEMBER]})
    assert "All of us." in run("groups", "list").out
    assert "Ada Lovelace" in run("groups", "show", "team").out
