"""Secrets through the client: each owner has its address, and a wrong name never becomes a request."""

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError


def test_models_and_projects_have_secrets(control: Control, client: Client) -> None:
    for path in ("/api/v1/models/score/secrets", "/api/v1/projects/credit/secrets"):
        control.reply("PUT", f"{path}/KEY", {"name": "KEY"})
        control.reply("DELETE", f"{path}/KEY", "", 204)
        control.reply("GET", path, {"secrets": [{"name": path}], "next_cursor": None})
    control.reply("GET", "/api/v1/secrets", {"secrets": [{"name": "all"}], "next_cursor": None})
    client.set_secret("score", "KEY", "x")
    client.set_project_secret("credit", "KEY", "y")
    assert [each.json for each in control.asked] == [{"value": "x"}, {"value": "y"}]
    lists = (client.secrets("score"), client.secrets(project="credit"), client.secrets())
    assert [each[0]["name"].split("/")[-2:] for each in lists] == [["score", "secrets"], ["credit", "secrets"], ["all"]]
    client.delete_secret("score", "KEY")
    client.delete_project_secret("credit", "KEY")
    assert len(control.asked) == 7


def test_a_name_that_can_be_no_models_is_refused_here(control: Control, client: Client) -> None:
    with pytest.raises(UnshelfError) as caught:
        client.set_secret("../x", "KEY", "value")
    assert caught.value.code == "invalid_reference"
    assert control.asked == []
