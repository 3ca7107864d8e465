"""The client's methods for models that run elsewhere, against a stand-in for the server."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.control import TOKEN, Control
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput

ANSWER = {
    "accepted": 2,
    "duplicates": 0,
    "refused": 1,
    "faults": [{"row": 0, "column": "x", "expected": "a number", "got": "1"}],
}

STATED = {"inputs": {"x": "integer"}, "outputs": {"output": "integer"}}
GIVEN: list[Any] = [{"example": [{"x": 1}], "output": [2]}, None, {"signature": STATED}]


def test_a_table_is_sent_in_batches_and_its_faults_keep_their_rows(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unshelf.client.monitoring.record_methods._BATCH", 2)
    control.reply("POST", "/api/v1/models/churn/records", ANSWER)
    rows = [{"id": n, "x": n, "output": n} for n in range(3)]
    with Client(control.url, TOKEN) as client:
        found = client.send_records("churn", rows)
    assert (found["accepted"], [fault["row"] for fault in found["faults"]]) == (4, [0, 2])


def test_a_model_is_registered_with_a_signature_or_an_example(control: Control, tmp_path: Path) -> None:
    control.reply("POST", "/api/v1/models", {"name": "churn", "version": 1, "project": "default", "created": True})
    path = tmp_path / "few.jsonl"
    path.write_text(json.dumps({"inputs": {"x": 1}, "output": 2}))
    with Client(control.url, TOKEN) as client:
        for given in GIVEN:
            client.register_model("churn", **({"example": path} if given is None else given))
            signature = control.asked[-1].json["signature"]
            assert [(each["name"], each["type"]) for each in signature["inputs"]["columns"]] == [("x", "int64")]
            assert signature["outputs"]["columns"][0]["name"] == "output"
        wrongs: list[Any] = [{}, {"example": [{"x": 1}], "signature": STATED}]
        for wrong in wrongs:
            with pytest.raises(InvalidInput):
                client.register_model("churn", **wrong)
