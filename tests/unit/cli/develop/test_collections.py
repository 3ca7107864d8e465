"""`unshelf data from-predictions` and `collections` in the terminal."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

COLLECTION = {
    "id": "c1", "model": "churn", "dataset": "churn-seen", "number": 3, "rows": 1500, "labelled": 1500, "versions": [1, 2],
    "state": "succeeded", "reason": "", "created_at": "2026-11-01T10:00:00Z",
}  # fmt: skip


def test_predictions_become_a_dataset(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/collections", COLLECTION)
    control.reply("GET", "/api/v1/collections/c1", COLLECTION)
    control.reply("GET", "/api/v1/collections", {"collections": [COLLECTION], "next_cursor": None})
    said = run("data", "from-predictions", "churn", "--since", "30d", "--version", "2").out
    assert "data://churn-seen@3: 1,500 rows, 1,500 with a label, of version 1, 2." in said
    assert json.loads(run("data", "from-predictions", "churn", "--no-labels", "--json").out)["number"] == 3
    assert [each.json["labels"] for each in control.asked if each.method == "POST"] == [True, False]
    assert "churn-seen@3" in run("data", "collections", "--model", "churn").out
    assert json.loads(run("data", "collections", "--json").out)[0]["id"] == "c1"
