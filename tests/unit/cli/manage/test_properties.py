"""Properties on the command line: a value that was written as text gets a type."""

import json

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run
from unshelf.cli.manage.properties import typed

AT = "/api/v1/subjects/model/iris"
KEPT = {"name": "cost", "value": 3, "type": "number", "set_at": "2026-05-01T00:00:00Z", "set_by": "ana"}


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("true", None, ("boolean", True)), ("3", None, ("number", 3)), ("0.25", None, ("number", 0.25)), ("nan", None, ("text", "nan")),
        ("2026-01-31", None, ("date", "2026-01-31")), ("20260131", None, ("number", 20260131)), ("https://x.org", None, ("link", "https://x.org")),
        ("retail", None, ("text", "retail")), ("3", "text", ("text", "3")), ("1e999", None, ("text", "1e999")),
    ],
)  # fmt: skip
def test_a_value_gets_the_type_that_it_looks_like(text: str, wanted: str | None, found: tuple[str, object]) -> None:
    assert typed(text, wanted) == found


def test_a_property_is_set_listed_and_removed(control: Control, run: Run) -> None:
    control.reply("PUT", f"{AT}/properties/cost", KEPT)
    control.reply("GET", AT, {"kind": "model", "name": "iris", "properties": [KEPT]})
    control.reply("DELETE", f"{AT}/properties/cost", None, 204)
    assert run("properties", "set", "iris", "cost", "3").out == "cost of iris is 3 (number).\n"
    assert control.calls("PUT", f"{AT}/properties/cost")[0].json == {"value": 3, "type": "number"}
    assert "number" in run("properties", "list", "iris").out
    assert json.loads(run("properties", "list", "iris", "--json").out) == {"properties": [KEPT]}
    assert run("properties", "remove", "iris", "cost").out == "cost of iris is removed.\n"


@pytest.mark.parametrize("words", [("3", "--type", "size"), ("x", "--type", "number"), ("yes", "--type", "boolean")])
def test_a_value_that_is_not_of_its_type_is_not_sent(control: Control, run: Run, words: tuple[str, ...]) -> None:
    assert run("properties", "set", "iris", "cost", *words).code == 1
    assert control.asked == []
