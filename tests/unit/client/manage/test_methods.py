"""Lists are read to their end, and names are parts of an address, never more of it."""

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.manage.methods import model_path, project_path


def test_a_list_is_read_page_by_page_to_its_end(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/projects", {"projects": [{"name": "a"}], "next_cursor": "c"})
    control.reply("GET", "/api/v1/projects", {"projects": [{"name": "b"}], "next_cursor": None})
    assert [each["name"] for each in client.projects()] == ["a", "b"]
    assert "cursor=c" in control.asked[1].path


def test_a_name_stays_a_part_of_the_address() -> None:
    assert project_path("../keys") == "/api/v1/projects/..%2Fkeys"
    assert model_path("a/b") == "/api/v1/models/a%2Fb"
