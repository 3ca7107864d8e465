"""How a change is asked for where no server hears it; with one it is tried in test_door."""

from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.server.home import hold_home, make_home
from unshelf.server.rolling.asking import ask, settings_in


def test_nobody_and_an_older_server_are_told_apart(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_home(home)

    def asked() -> Any:
        with pytest.raises(UnshelfError) as raised:
            ask(home.folder, replace=False, changed={}, dry_run=True, say=print, planned=print)
        return raised.value.detail

    assert "No server runs" in asked()
    with hold_home(home):
        assert "can't change while it runs" in asked()


def test_where_a_command_finds_its_server_is_no_setting() -> None:
    given = {"UNSHELF_TOKEN": "t", "UNSHELF_HOME": "h", "UNSHELF_PORT": "1", "PATH": "p"}
    assert settings_in(given) == {"UNSHELF_PORT": "1"}
