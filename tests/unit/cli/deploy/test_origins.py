"""`unshelf origins`: what may call a model from a browser, shown and changed."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

APP = "https://app.example.org"


def test_origins_are_listed(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/origins", {"name": "iris", "origins": [APP]})
    assert run("origins", "iris").out.split() == [APP]
    assert json.loads(run("origins", "iris", "--json").out)["origins"] == [APP]


def test_a_change_is_sent_as_it_was_asked_for(control: Control, run: Run) -> None:
    control.reply("PATCH", "/api/v1/models/iris/origins", {"name": "iris", "origins": []})
    said = run("origins", "iris", "--allow", APP, "--remove", "https://x.example", "--reason", "new shop")
    assert (said.code, "No web page" in said.out) == (0, True)
    body = next(each.json for each in control.asked if each.method == "PATCH")
    assert body == {"allow": [APP], "remove": ["https://x.example"], "reason": "new shop"}
