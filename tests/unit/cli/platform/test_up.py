"""The command up refuses wrong settings before anything starts."""

import pytest

from tests.unit.cli.conftest import Run


def test_wrong_settings_are_told_before_anything_starts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_GATEWAYS", "many")
    said = run("up")
    assert said.code == 1
    assert "UNSHELF_GATEWAYS" in said.err
    assert "settings.md" in said.err
