"""`unshelf models register` in the terminal."""

import json
from pathlib import Path

from tests.support.control import Control
from tests.unit.cli.conftest import Run


def test_a_model_is_registered_by_an_example(control: Control, run: Run, tmp_path: Path) -> None:
    control.reply("POST", "/api/v1/models", {"name": "churn", "version": 1, "project": "default", "created": True})
    path = tmp_path / "few.jsonl"
    path.write_text('{"inputs": {"age": 3}, "output": "stay"}\n')
    said = run("models", "register", "churn", "--example", str(path), "--place", "there", "--key", "age").out
    assert "churn:1 registered. It runs elsewhere" in said
    asked = control.asked[-1].json
    assert asked["signature"]["outputs"]["columns"][0]["name"] == "output"
    assert (asked["place"], asked["monitoring"]) == ("there", {"key": "age"})
    signature = tmp_path / "s.toml"
    signature.write_text('[signature.inputs]\nage = "integer"\n[signature.outputs]\noutput = "string"\n')
    assert json.loads(run("models", "register", "churn", "--signature", str(signature), "--json").out)["version"] == 1
    assert control.asked[-1].json["signature"]["inputs"]["columns"] == [{"name": "age", "type": "int64"}]
