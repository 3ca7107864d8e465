"""Collections of predictions as the client begins and awaits them."""

from typing import Any

import pytest

from tests.support.control import TOKEN, Control
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput, NotFinished

COLLECTION: dict[str, Any] = {
    "id": "c1",
    "dataset": "churn-seen",
    "number": 3,
    "rows": 7,
    "labelled": 7,
    "state": "succeeded",
    "reason": "",
}


def test_a_collection_is_begun_and_awaited(control: Control) -> None:
    control.reply("POST", "/api/v1/collections", {**COLLECTION, "state": "running"}, status=202)
    control.reply("POST", "/api/v1/collections/c1/again", {**COLLECTION, "state": "running"}, status=202)
    control.reply("GET", "/api/v1/collections/c1", COLLECTION)
    control.reply("GET", "/api/v1/collections", {"collections": [COLLECTION], "next_cursor": None})
    with Client(control.url, TOKEN) as client:
        assert client.collect_predictions("churn", since="30d", slice="plan=pro")["number"] == 3
        asked = next(each.json for each in control.asked if each.method == "POST")
        assert (asked["dataset"], asked["labels"], asked["since"], asked["slice"]) == (
            "churn-seen",
            True,
            "30d",
            "plan=pro",
        )
        assert client.collect_predictions("churn", "seen", labels=False, wait=False)["state"] == "running"
        assert client.collect_again("c1")["rows"] == 7
        assert client.collections(dataset="churn-seen")[0]["id"] == "c1"


def test_one_that_fails_or_goes_on_raises(control: Control) -> None:
    with Client(control.url, TOKEN) as client:
        control.reply("GET", "/api/v1/collections/c2", {**COLLECTION, "state": "failed", "reason": "No labels."})
        with pytest.raises(InvalidInput, match="No labels"):
            client.await_collection("c2")
        control.reply("GET", "/api/v1/collections/c3", {**COLLECTION, "state": "running"})
        with pytest.raises(NotFinished):
            client.await_collection("c3", seconds=0.0)
