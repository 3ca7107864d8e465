"""Tags on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

AT = "/api/v1/subjects/model/iris"


def test_tags_are_added_and_shown_as_they_are_now(control: Control, run: Run) -> None:
    for tag in ("gold", "new"):
        control.reply("PUT", f"{AT}/tags/{tag}", {"tag": tag})
    control.reply("GET", AT, {"kind": "model", "name": "iris", "tags": [{"tag": "gold"}, {"tag": "new"}]})
    assert run("tags", "add", "iris", "gold", "new").out == "iris: gold, new\n"
    assert json.loads(run("tags", "add", "iris", "gold", "--json").out)["tags"] == ["gold", "new"]


def test_the_last_tag_is_removed(control: Control, run: Run) -> None:
    control.reply("DELETE", f"{AT}/tags/gold", None, 204)
    control.reply("GET", AT, {"kind": "model", "name": "iris", "tags": []})
    assert run("tags", "remove", "iris", "gold").out == "iris: no tags\n"


def test_tags_in_use_and_what_has_them(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/tags", {"tags": [{"tag": "gold", "count": 12}], "next_cursor": None})
    control.reply(
        "GET",
        "/api/v1/subjects",
        {"subjects": [{"kind": "project", "name": "risk", "title": "Risk"}], "next_cursor": None},
    )
    assert "gold" in run("tags", "list", "--prefix", "g").out
    assert "12" in run("tags", "list").out
    assert "Risk" in run("tags", "find", "gold", "--kind", "project").out
    assert json.loads(run("tags", "find", "gold", "--json").out)["subjects"][0]["name"] == "risk"


def test_a_text_that_names_nothing_fails(control: Control, run: Run) -> None:
    said = run("tags", "add", "a/b/c", "gold")
    assert (said.code, control.asked) == (1, [])
