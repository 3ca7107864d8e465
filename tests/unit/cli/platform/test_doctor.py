"""The doctor works with a server and without."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run


@pytest.mark.runs_program
def test_doctor_works_without_a_server(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNSHELF_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("UNSHELF_TOKEN", raising=False)
    monkeypatch.setenv("UNSHELF_HOME", str(tmp_path))
    said = run("doctor")
    assert "✓ Python" in said.out
    assert "unshelf up" in said.out
    assert json.loads(run("doctor", "--json").out)["server"]["problem"]["code"] == "unauthenticated"
