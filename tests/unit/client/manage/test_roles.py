"""Roles through the client: granted, listed and taken away on a project, a model or the installation."""

import pytest

from tests.support.control import Control
from unshelf.client.client import Client


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ({}, "/api/v1/members"),
        ({"project": "credit"}, "/api/v1/projects/credit/members"),
        ({"model": "score"}, "/api/v1/models/score/members"),
    ],
)
def test_each_place_has_its_address(control: Control, client: Client, place: dict[str, str], path: str) -> None:
    control.reply("POST", path, {"id": "g1"}, 201)
    control.reply("GET", path, {"members": [{"id": "g1"}]})
    assert client.grant_role("ana", "caller", expires_in_seconds=60, **place) == {"id": "g1"}  # type: ignore[arg-type]
    assert client.members(**place) == [{"id": "g1"}]
    assert control.asked[0].json == {
        "kind": "user", "name": "ana", "role": "caller", "expires_in_seconds": 60, "reason": "",
    }  # fmt: skip


def test_a_role_is_on_one_place(client: Client) -> None:
    with pytest.raises(ValueError, match="not both"):
        client.members(project="a", model="b")


def test_roles_are_listed_and_taken_away(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/roles", {"roles": [{"name": "owner"}]})
    control.reply("DELETE", "/api/v1/members/g1", "", 204)
    assert client.roles() == [{"name": "owner"}]
    client.revoke_role("g1")
    assert len(control.calls("DELETE", "/api/v1/members/g1")) == 1
