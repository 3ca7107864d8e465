"""Roles on the command line."""

import json

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run

MEMBER = {
    "id": "g1", "kind": "user", "name": "ana", "role": "contributor", "scope": "project", "on": "credit",
    "created_at": "2026-05-01T00:00:00Z", "created_by": "olga", "expires_at": "2026-05-08T00:00:00Z",
}  # fmt: skip


def test_roles_are_listed_with_what_they_allow(control: Control, run: Run) -> None:
    role = {
        "name": "viewer",
        "description": "Sees.",
        "permissions": ["model.read"],
        "kinds": ["model"],
        "is_own": False,
    }
    control.reply("GET", "/api/v1/roles", {"roles": [role]})
    assert "model.read" in run("roles").out
    assert json.loads(run("roles", "--json").out) == {"roles": [role]}


def test_a_role_is_granted_listed_and_taken_away(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/projects/credit/members", MEMBER, 201)
    control.reply("GET", "/api/v1/projects/credit/members", {"members": [MEMBER]})
    control.reply("DELETE", "/api/v1/members/g1", "", 204)
    granted = run("roles", "grant", "ana", "contributor", "--project", "credit", "--expires", "7d")
    assert "ana is contributor of the project credit until" in granted.out
    assert control.asked[0].json["expires_in_seconds"] == 604_800
    assert "olga" in run("roles", "list", "--project", "credit").out
    assert "taken away" in run("roles", "revoke", "g1").out


@pytest.mark.parametrize("place", [[], ["--project", "a", "--model", "b"], ["--installation", "--model", "b"]])
def test_a_role_is_on_exactly_one_place(control: Control, run: Run, place: list[str]) -> None:
    assert run("roles", "grant", "ana", "viewer", *place).code == 2
    assert run("roles", "list", *place).code == 2
    assert control.asked == []
