"""Personal tokens on the command line."""

from tests.support.control import Control
from tests.unit.cli.conftest import Run

TOKEN = {
    "id": "t1", "name": "notebook", "role": "caller", "permissions": None, "projects": ["risk"], "models": ["credit-*"],
    "created_at": "2026-05-01T00:00:00Z", "expires_at": None, "revoked_at": None, "last_used_at": None,
}  # fmt: skip


def test_a_token_is_shown_once_and_asked_for_with_its_bounds(control: Control, run: Run) -> None:
    control.reply(
        "POST", "/api/v1/tokens", {"id": "t1", "name": "notebook", "expires_at": None, "token": "unshelf_pat_x"}, 201
    )
    said = run(
        "tokens",
        "create",
        "notebook",
        "--role",
        "caller",
        "--project",
        "risk",
        "--model",
        "credit-*",
        "--expires",
        "7d",
    )
    assert "unshelf_pat_x" in said.out
    assert control.asked[-1].json == {
        "name": "notebook", "role": "caller", "permissions": None, "projects": ["risk"], "models": ["credit-*"],
        "expires_in_seconds": 604800,
    }  # fmt: skip
    assert run("tokens", "create", "notebook", "--expires", "soon").code == 2


def test_tokens_are_listed_revoked_and_devices_let_in(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/tokens", {"tokens": [TOKEN], "next_cursor": None})
    control.reply("DELETE", "/api/v1/tokens/t1", None, 204)
    control.reply("POST", "/api/v1/device", {"name": "laptop"})
    assert "risk, credit-*" in run("tokens", "list").out
    assert "t1 is revoked" in run("tokens", "revoke", "t1").out
    assert "laptop is let in." in run("tokens", "approve", "BCDF-GHJK").out
