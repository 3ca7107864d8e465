"""`unshelf columns`: shown with what is missing, and set."""

import json
from typing import Any

from tests.support.control import Control
from tests.unit.cli.conftest import Run

ROLES: dict[str, Any] = {
    "name": "iris", "version": 2, "prediction": "class", "scores": None, "classes": ["a", "b"], "task": "classification",
    "label": None, "key": None, "slices": [], "time": None, "query": None, "sources": {"prediction": "inferred", "task": "declared"},
    "missing": [{"role": "label", "cost": "It costs.", "how": "Add it."}], "inputs": ["x"], "outputs": ["class"],
}  # fmt: skip
PATH = "/api/v1/models/iris/columns"


def test_roles_are_shown_with_where_they_are_known_from_and_what_is_missing(control: Control, run: Run) -> None:
    control.reply("GET", PATH, ROLES)
    said = run("columns", "show", "iris").out
    assert "prediction" in said
    assert "inferred" in said
    assert "No label: It costs. Add it." in said
    assert json.loads(run("columns", "show", "iris", "--json").out) == ROLES


def test_a_change_is_sent_as_it_was_asked_for(control: Control, run: Run) -> None:
    control.reply("PATCH", PATH, ROLES)
    said = run(
        "columns",
        "set",
        "iris",
        "--key",
        "order",
        "--slices",
        "a",
        "--slices",
        "b",
        "--none",
        "label",
        "--reason",
        "why",
    )
    assert said.code == 0
    body = next(each.json for each in control.asked if each.method == "PATCH")
    assert body == {"key": "order", "slices": ["a", "b"], "label": None, "reason": "why"}


def test_what_can_not_be_asked_for_is_not_sent(control: Control, run: Run) -> None:
    for words in ([], ["--none", "colour"], ["--key", "x", "--none", "key"]):
        assert run("columns", "set", "iris", *words).code == 2
    assert not control.asked
