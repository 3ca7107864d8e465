"""The folders that an interpreter needs: all of its own, and nothing of the platform's."""

from pathlib import Path

import pytest

from unshelf.host.sandbox import walls
from unshelf.host.sandbox.walls import interpreter_folders


def interpreter(prefix: Path) -> Path:
    for part in ("bin", "lib"):
        (prefix / part).mkdir(parents=True)
    python = prefix / "bin" / "python3.11"
    python.touch()
    return python


def environment(folder: Path, python: Path, home: Path | None = None) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(python)
    (folder / "pyvenv.cfg").write_text(f"home = {home or python.parent}\nversion = 3.11\n")
    return folder / "bin" / "python"


def test_an_environment_needs_itself_and_the_interpreter_it_was_made_from(tmp_path: Path) -> None:
    python = interpreter(tmp_path / "pythons" / "3.11")
    own = environment(tmp_path / "home" / "environments" / "e", python)
    found = interpreter_folders(own, tmp_path / "home")
    assert set(found) == {tmp_path / "home" / "environments" / "e", tmp_path / "pythons" / "3.11"}


def test_an_interpreter_is_found_by_every_name_it_is_called_by(tmp_path: Path) -> None:
    """Given an installation reached by a link, as uv makes them, then both names are needed."""
    python = interpreter(tmp_path / "pythons" / "3.11.7")
    (tmp_path / "pythons" / "3.11").symlink_to("3.11.7")
    named = tmp_path / "pythons" / "3.11" / "bin" / "python3.11"
    first = environment(tmp_path / "venv", named)
    own = environment(tmp_path / "home" / "environments" / "e", first)
    found = set(interpreter_folders(own, tmp_path / "home"))
    assert {tmp_path / "venv", tmp_path / "pythons" / "3.11", python.parent.parent} <= found


def test_of_a_home_folder_within_the_system_the_environment_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a home folder below one that every sandbox shows, where it is hidden, then its environment is not, and what that was
    made from is there anyway."""
    monkeypatch.setattr(walls, "_SYSTEM", (str(tmp_path),))
    own = environment(tmp_path / "share" / "home" / "environments" / "e", interpreter(tmp_path / "local"))
    assert interpreter_folders(own, tmp_path / "share" / "home") == (
        tmp_path / "share" / "home" / "environments" / "e",
    )


def test_of_a_folder_with_the_home_folder_in_it_only_the_interpreters_parts_are_shown(tmp_path: Path) -> None:
    python = interpreter(tmp_path)
    own = environment(tmp_path / "home" / "environments" / "e", python)
    found = set(interpreter_folders(own, tmp_path / "home"))
    assert tmp_path not in found
    assert {tmp_path / "bin", tmp_path / "lib"} <= found


def test_of_the_users_own_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "root")
    python = interpreter(tmp_path / "root")
    assert set(interpreter_folders(python, tmp_path / "srv")) == {tmp_path / "root" / "bin", tmp_path / "root" / "lib"}


def test_what_the_system_has_is_there_anyway(tmp_path: Path) -> None:
    assert interpreter_folders(Path("/usr/bin/python3"), tmp_path) == ()
