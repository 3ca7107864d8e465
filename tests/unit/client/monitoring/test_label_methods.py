"""Labels are sent in batches, and faults name the rows of the data."""

import pytest

from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput
from unshelf.client.monitoring import label_methods, labels_api

ADDED = {"accepted": 2, "duplicates": 0, "corrected": 1, "waiting": 2, "warnings": ["odd"]}


def test_batches_are_summed(control: Control, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_methods, "_BATCH", 2)
    control.reply("POST", "/api/v1/labels", ADDED)
    rows = [{"id": f"p{number}", "label": number} for number in range(4)]
    found = client.add_labels("iris", rows, source="audit")
    assert found == {"accepted": 4, "duplicates": 0, "corrected": 2, "waiting": 4, "warnings": ["odd", "odd"]}
    first, second = (each.json for each in control.asked if each.method == "POST")
    assert first == {
        "model": "iris", "source": "audit",
        "labels": [{"value": 0, "prediction_id": "p0"}, {"value": 1, "prediction_id": "p1"}],
    }  # fmt: skip
    assert [each["prediction_id"] for each in second["labels"]] == ["p2", "p3"]


def test_a_fault_names_the_row_of_the_data(control: Control, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_methods, "_BATCH", 1)
    control.reply("POST", "/api/v1/labels", ADDED)

    def sent(_http: object, _method: str, _path: str, body: dict[str, object]) -> dict[str, object]:
        if body["labels"] == [{"value": 2, "prediction_id": "p2"}]:
            raise InvalidInput(
                "wrong", hint="Mend it.", errors=[{"row": 0, "column": "value", "expected": "x", "got": "y"}]
            )
        return ADDED

    monkeypatch.setattr(type(client._http), "send", sent)
    with pytest.raises(InvalidInput) as caught:
        client.add_labels("iris", [{"id": "p1", "label": 1}, {"id": "p2", "label": 2}])
    assert caught.value.errors[0]["row"] == 1
    assert caught.value.hint == "The 1 labels before that were stored. Mend it."


def test_columns_are_known_by_their_roles(control: Control, client: Client) -> None:
    """Given a model whose roles name the truth and the business key, then neither is asked for; who may not see roles names them."""
    control.reply("POST", "/api/v1/labels", ADDED)
    control.reply("GET", "/api/v1/models/iris/columns", {"label": "paid", "key": "order"})
    client.add_labels("iris", [{"order": "o1", "paid": 1}])
    (sent,) = control.calls("POST", "/api/v1/labels")
    assert sent.json["labels"] == [{"value": 1, "key": "o1"}]
    client.add_labels("iris", [{"id": "p1", "order": "o1", "paid": 1, "label": 0}])
    assert control.calls("POST", "/api/v1/labels")[-1].json["labels"] == [{"value": 1, "prediction_id": "p1"}]
    client.add_labels("iris", [{"id": "p1", "other": 1}], id="id", label="other")
    assert len(control.calls("GET", "/api/v1/models/iris/columns")) == 2, "where all is named nothing is asked"
    control.problem("GET", "/api/v1/models/plums/columns", 403, "forbidden", "No.")
    with pytest.raises(InvalidInput, match="No column of the data is known to hold the label") as caught:
        client.add_labels("plums", [{"id": "p1", "paid": 1}])
    assert "unshelf columns set NAME --label COLUMN" in caught.value.hint


def test_labels_and_quality_are_read(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/labels", {"labels": [{"value": 1}], "next_cursor": None})
    control.reply("GET", "/api/v1/labels/summary", {"labels": 1})
    control.reply("GET", "/api/v1/models/iris/quality", {"measured": {}})
    assert client.labels("iris") == client.labels("iris", limit=5, history=True) == [{"value": 1}]
    assert client.label_summary("iris") == {"labels": 1}
    assert client.quality("iris", since="7d", by="day") == {"measured": {}}


def test_the_functions_of_unshelf_have_a_client_of_their_own(control: Control, client: Client) -> None:
    control.reply("POST", "/api/v1/labels", ADDED)
    control.reply("GET", "/api/v1/labels/summary", {"labels": 1})
    control.reply("GET", "/api/v1/models/iris/quality", {"measured": {}})
    at = {"url": client.url, "token": TOKEN}
    assert labels_api.add("iris", [{"key": "k", "left": 1}], key="key", label="left", **at)["accepted"] == 2
    assert labels_api.summary("iris", **at) == {"labels": 1}
    assert labels_api.quality("iris", **at) == {"measured": {}}
