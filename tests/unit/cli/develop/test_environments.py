"""Environments and their locks on the command line."""

from tests.support.control import Control
from tests.unit.cli.conftest import Run


def test_environments_and_their_locks(control: Control, run: Run) -> None:
    environment = {
        "hash": "ab" * 32,
        "python": "3.11.7",
        "packages": 2,
        "created_at": "2026-01-31T12:00:00Z",
        "versions": ["iris:1"],
    }
    control.reply("GET", "/api/v1/environments", {"environments": [environment]})
    control.reply("GET", f"/api/v1/environments/{'ab' * 32}/lock", 'lock-version = "1.0"\n')
    assert "iris:1" in run("environments").out
    assert run("environments", "--lock", "abab").out == 'lock-version = "1.0"\n'
