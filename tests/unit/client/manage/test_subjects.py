"""Subjects from the client: every way to name one, and each method's request."""

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.client.manage.subjects import subject_path


@pytest.mark.parametrize(
    ("subject", "path"),
    [
        ("iris", "model/iris"), ("iris:3", "version/iris:3"), ("iris@champion", "version/iris@champion"), ("project/risk", "project/risk"),
        ("alert/01ABC", "alert/01ABC"), ("dataset/loans@2", "dataset/loans@2"), ("model/ü ?", "model/%C3%BC%20%3F"),
    ],
)  # fmt: skip
def test_a_subject_has_its_path(subject: str, path: str) -> None:
    assert subject_path(subject) == f"/api/v1/subjects/{path}"


@pytest.mark.parametrize("subject", ["", "/x", "project/", "a/b/c", "project/..", "project/."])
def test_a_text_that_names_nothing_is_not_sent(subject: str) -> None:
    with pytest.raises(UnshelfError, match="names nothing"):
        subject_path(subject)


def test_tags_and_properties_are_sent_and_found(control: Control, client: Client) -> None:
    at = "/api/v1/subjects/model/iris"
    control.reply("PUT", f"{at}/tags/gold", {"tag": "gold"})
    control.reply("PUT", f"{at}/properties/cost", {"name": "cost", "value": 3, "type": "number"})
    control.reply("DELETE", f"{at}/properties/cost", None, 204)
    control.reply("DELETE", f"{at}/tags/gold", None, 204)
    control.reply("GET", "/api/v1/subjects", {"subjects": [{"name": "iris"}], "next_cursor": "c"})
    control.reply("GET", "/api/v1/subjects", {"subjects": [{"name": "iris-2"}], "next_cursor": None})
    control.reply("GET", "/api/v1/tags", {"tags": [{"tag": "gold", "count": 1}], "next_cursor": None})
    client.tag("iris", "gold")
    assert client.set_property("iris", "cost", 3)["type"] == "number"
    found = client.tagged("gold", "new", properties={"cost": "3", "any": None}, kind="model")
    assert [each["name"] for each in found] == ["iris", "iris-2"]
    assert client.tags() == [{"tag": "gold", "count": 1}]
    client.remove_property("iris", "cost")
    client.untag("iris", "gold")
    assert control.calls("PUT", f"{at}/properties/cost")[0].json == {"value": 3, "type": None}
    asked = control.calls("GET", "/api/v1/subjects")
    assert asked[0].path.split("?")[1] == "tag=gold&tag=new&property=cost%3D3&property=any&kind=model"
    assert asked[1].path.endswith("&cursor=c")


def test_comments_watches_and_activity_are_sent_and_read(control: Control, client: Client) -> None:
    at = "/api/v1/subjects/version/iris:3"
    control.reply("GET", f"{at}/comments", {"comments": [{"id": "c"}], "next_cursor": None})
    control.reply("POST", f"{at}/comments", {"id": "c"}, 201)
    control.reply("PUT", f"{at}/comments/c", {"id": "c", "edits": 1})
    control.reply("DELETE", f"{at}/comments/c", None, 204)
    control.reply("GET", "/api/v1/watches", {"watches": [], "next_cursor": None})
    control.reply("PUT", f"{at}/watch", {"muted": True})
    control.reply("DELETE", f"{at}/watch", None, 204)
    control.reply("GET", f"{at}/activity", {"events": [], "next_cursor": None})
    assert client.comment("iris:3", "text")["id"] == "c"
    assert client.edit_comment("iris:3", "c", "other")["edits"] == 1
    assert client.comments("iris:3") == [{"id": "c"}]
    client.delete_comment("iris:3", "c")
    assert client.watch("iris:3", muted=True) == {"muted": True}
    client.unwatch("iris:3")
    assert client.watches() == []
    assert client.activity("iris:3", limit=5) == []
    assert control.calls("POST", f"{at}/comments")[0].json == {"text": "text"}
    assert control.calls("PUT", f"{at}/watch")[0].json == {"muted": True}
