"""Search on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

HIT = {"kind": "model", "name": "iris", "title": "Iris", "project": None, "snippet": "[b]leaves[/b]"}
FOUND = {"results": [HIT], "total": 10_000, "is_exact": False, "facets": {}, "next_cursor": None}


def test_words_are_one_query_and_hits_are_shown_as_they_are(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/search", FOUND)
    said = run("search", "leaf", "kind:model", "--limit", "5")
    assert "iris" in said.out
    assert "1 of more than 10000" in said.out
    assert control.asked[0].path == "/api/v1/search?q=leaf+kind%3Amodel&limit=5"
    assert json.loads(run("search", "leaf", "--json").out) == FOUND


def test_an_administrator_rebuilds(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/search/rebuild", {"documents": 12}, 202)
    assert run("search", "--rebuild").out == "12 documents are made anew in the background.\n"
