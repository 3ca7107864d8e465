"""`unshelf benches` on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.benches.test_measured import BENCH
from tests.unit.cli.conftest import Run

API = "/api/v1/benches"


def test_the_last_ones_are_listed_with_their_best_measurement(control: Control, run: Run) -> None:
    control.reply("GET", API, {"benches": [BENCH, BENCH | {"id": "b2", "tiers": []}], "next_cursor": None})
    said = run("benches", "list", "--model", "credit").out
    assert "b1" in said and "b2" in said and "1,234" in said
    assert json.loads(run("benches", "--json").out)["benches"][0]["id"] == "b1"


def test_one_is_shown_cancelled_and_deleted(control: Control, run: Run) -> None:
    control.reply("GET", f"{API}/b1", BENCH)
    control.reply("POST", f"{API}/b1/cancel", BENCH | {"state": "cancelled"})
    control.reply("DELETE", f"{API}/b1", None, 204)
    assert "credit:3" in run("benches", "show", "b1").out
    assert json.loads(run("benches", "show", "b1", "--json").out) == BENCH
    assert "cancelled" in run("benches", "cancel", "b1").out
    assert json.loads(run("benches", "delete", "b1", "--json").out) == {"id": "b1", "deleted": True}
