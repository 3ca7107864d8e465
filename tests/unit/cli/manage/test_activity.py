"""Activity on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

EVENT = {"time": "2026-05-01T00:00:00Z", "actor": "ana", "action": "model.paused", "kind": "model", "name": "iris"}


def test_activity_of_something_and_of_everything(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/subjects/project/risk/activity", {"events": [EVENT], "next_cursor": None})
    control.reply("GET", "/api/v1/activity", {"events": [], "next_cursor": None})
    assert "model.paused" in run("activity", "project/risk", "--limit", "7").out
    assert control.asked[-1].path.endswith("?limit=7")
    assert json.loads(run("activity", "--json").out) == {"events": []}
