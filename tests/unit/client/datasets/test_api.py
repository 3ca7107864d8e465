"""`unshelf.data`: each function speaks to a server of its own."""

import unshelf
from tests.support.control import Control
from tests.support.routes import TOKEN


def test_the_data_of_a_version_is_fetched_by_its_reference(control: Control) -> None:
    control.reply("GET", "/api/v1/models/iris:1/data", {"version": 1, "data": []})
    assert unshelf.data.used_by("iris:1", url=control.url, token=TOKEN) == {"version": 1, "data": []}


def test_data_is_moved_to_another_project(control: Control) -> None:
    control.reply("PUT", "/api/v1/data/orders/project", {"name": "orders", "project": "credit"})
    assert unshelf.data.move("orders", "credit", url=control.url, token=TOKEN)["project"] == "credit"
