"""`unshelf reload` where there is no server, and where it is called wrongly; with one it is tried in tests/integration."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run


def test_without_a_server_it_says_so(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_HOME", str(tmp_path))
    done = run("reload")
    assert done.code == 1 and f"No server runs in {tmp_path}" in done.err


@pytest.mark.parametrize("text", ["UNSHELF_PORT", "port=1", "PATH=x"])
def test_what_is_no_setting_is_a_mistake(run: Run, text: str) -> None:
    done = run("reload", "--set", text)
    assert done.code == 2 and "UNSHELF_NAME=VALUE" in done.err


def test_a_setting_that_there_is_not_is_refused_with_the_nearest_one(run: Run) -> None:
    done = run("reload", "--set", "UNSHELF_SMTP_HSOT=mail.example.org")
    assert done.code == 1
    assert "UNSHELF_SMTP_HSOT is no setting; nothing was changed." in done.err
    assert "UNSHELF_SMTP_HOST" in done.err
