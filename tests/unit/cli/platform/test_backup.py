"""Backups on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.control import Control
from tests.support.installations import SmallInstallation
from tests.unit.cli.conftest import Run

ENDED: dict[str, Any] = {
    "id": "b1", "place": "/backups", "reason": "scheduled", "state": "failed", "begun_at": "2026-11-01T00:00:00Z",
    "ended_at": "2026-11-01T00:01:00Z", "files": 3, "bytes": 2048, "new_bytes": 1024, "problem": "The disk is full.",
}  # fmt: skip
STATE: dict[str, Any] = {
    "to": "/backups", "every_hours": 24.0, "keep": 14, "key": "sealed", "is_running": False, "last_success": None,
    "next_at": "2026-11-01T00:15:00Z", "is_too_old": True, "problem": "The disk is full.", "backups": [ENDED],
}  # fmt: skip


def test_a_backup_is_made_listed_verified_restored_and_removed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation, place = SmallInstallation(tmp_path / "home"), str(tmp_path / "place")
    monkeypatch.setenv("UNSHELF_HOME", str(installation.home.folder))
    assert "no passphrase" in run("backup", place).err
    said = run("backup", place, "--key", "plain")
    assert "is complete" in said.out and "opens all secrets" in said.err
    monkeypatch.setenv("UNSHELF_BACKUP_PASSPHRASE", "p")
    made = json.loads(run("backup", place, "--json").out)
    assert made["key"] == "sealed"
    assert made["id"] in run("backup", place, "--list").out
    assert "is whole" in run("backup", place, "--verify").out
    restored = run("restore", place, "--home", str(tmp_path / "new"))
    assert f"unshelf up --home {tmp_path / 'new'}" in restored.out
    assert f"unshelf backup {place} --take-over" in restored.out
    as_original = run("restore", place, "--home", str(tmp_path / "original"), "--as", "original")
    assert "--take-over" not in as_original.out
    assert run("restore", place, "--home", str(tmp_path / "n"), "--as", "odd").code == 2
    monkeypatch.setenv("UNSHELF_HOME", str(tmp_path / "new"))
    refused = run("backup", place)
    assert refused.code == 1 and "--take-over" in refused.err
    assert "is complete" in run("backup", place, "--take-over").out
    assert run("backup", "--take-over").code == 2
    assert "not empty" in run("restore", place, "--home", str(tmp_path / "new")).err
    assert "Removed 2 backups" in run("backup", place, "--keep", "1").out
    next((tmp_path / "place" / "objects").rglob(made["id"][:0] + installation.digests[0])).write_bytes(b"x")
    found = run("backup", place, "--verify")
    assert found.code == 1 and installation.digests[0] in found.out
    assert run("backup", place, "--key", "odd").code == 2
    assert run("restore", place, "--home", str(tmp_path / "n"), "--key", "odd").code == 2


def test_the_server_is_asked_and_shows_its_backups(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/backups", STATE, 202)
    control.reply("GET", "/api/v1/backups", STATE)
    assert "to /backups is begun" in run("backup").out
    shown = run("backups").out
    for part in ("never (too old)", "The disk is full.", "scheduled", "failed", "2 KiB"):
        assert part in shown, part
    assert json.loads(run("backups", "--json").out) == STATE
    assert json.loads(run("backup", "--json").out) == STATE


def test_without_a_place_it_is_said_how(control: Control, run: Run) -> None:
    control.problem("POST", "/api/v1/backups", 409, "conflict", "This installation has no place for backups.")
    assert "unshelf backup DIR" in run("backup").err
