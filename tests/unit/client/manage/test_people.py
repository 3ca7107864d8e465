"""The client's methods for people ask what the API takes."""

from tests.support.control import Control
from unshelf.client.client import Client


def test_names_are_quoted_and_nothing_else_is_asked(control: Control, client: Client) -> None:
    for verb in ("PUT", "DELETE"):
        control.reply(verb, "/api/v1/groups/a%2Fb/members/x%20y", None, 204)
    client.add_group_member("a/b", "x y")
    client.remove_group_member("a/b", "x y")
    control.reply("PUT", "/api/v1/password", None, 204)
    client.change_password("old", "new")
    assert control.asked[-1].json == {"current": "old", "new": "new", "end_tokens": False}


def test_every_page_of_users_and_tokens_is_read(control: Control, client: Client) -> None:
    for path, field in (("/api/v1/users", "users"), ("/api/v1/tokens", "tokens"), ("/api/v1/groups", "groups")):
        control.reply("GET", path, {field: [{"name": "a"}], "next_cursor": "c"})
        control.reply("GET", path, {field: [{"name": "b"}], "next_cursor": None})
    assert [each["name"] for each in client.users()] == ["a", "b"]
    assert [each["name"] for each in client.tokens()] == ["a", "b"]
    assert [each["name"] for each in client.groups()] == ["a", "b"]
