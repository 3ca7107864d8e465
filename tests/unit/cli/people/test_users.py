"""Users on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

USER = {
    "id": "u1", "name": "ada", "email": "ada@example.com", "full_name": "Ada Lovelace", "status": "invited", "issuer": None,
    "created_at": "2026-05-01T00:00:00Z", "created_by": "admin", "last_login_at": None, "deactivated_at": None,
}  # fmt: skip
LINK = {"user": USER, "url": "http://x/password#unshelf_link_1", "expires_at": "2026-05-08T00:00:00Z"}
LEFT = [{"kind": "project", "name": "risk", "description": "Nobody else owns it.", "needs_heir": True}]


def test_an_invitation_prints_its_link(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/users", LINK, 201)
    said = run("users", "invite", "ada", "--email", "ada@example.com", "--role", "contributor", "--project", "risk")
    assert LINK["url"] in said.out and "ada" in said.out
    assert control.asked[-1].json == {
        "name": "ada", "email": "ada@example.com", "full_name": "", "role": "contributor", "project": "risk", "model": None,
    }  # fmt: skip
    control.reply("POST", "/api/v1/users/ada/link", LINK, 201)
    assert LINK["url"] in run("users", "reset", "ada").out
    control.reply("POST", "/api/v1/users/ada/activate", {**LINK, "url": ""})
    assert "identity provider" in run("users", "activate", "ada").out


def test_users_are_listed_and_shown_with_what_they_would_leave(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/users", {"users": [USER], "next_cursor": None})
    control.reply("GET", "/api/v1/users/ada", USER)
    control.reply("GET", "/api/v1/users/ada/belongings", {"belongings": LEFT})
    assert "Ada Lovelace" in run("users", "list", "--status", "invited").out
    assert control.asked[-1].path == "/api/v1/users?status=invited"
    shown = run("users", "show", "ada").out
    assert "risk" in shown and "a password" in shown
    assert json.loads(run("users", "show", "ada", "--json").out)["belongings"] == LEFT


def test_a_user_leaves_and_somebody_takes_over(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/users/ada/belongings", {"belongings": LEFT})
    assert "risk" in run("users", "deactivate", "ada", "--dry-run").out
    assert not control.calls("POST", "/api/v1/users/ada/deactivate")
    control.reply("POST", "/api/v1/users/ada/deactivate", {"belongings": LEFT})
    said = run("users", "deactivate", "ada", "--to", "grace", "--reason", "left")
    assert "ada is deactivated; grace has what they left." in said.out
    assert control.asked[-1].json == {"to": "grace", "leave": False, "reason": "left"}
