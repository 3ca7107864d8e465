"""What a killed restore leaves, and how it is told."""

import errno
from pathlib import Path
from typing import Any, cast

import pytest

from unshelf.contracts.home import Home
from unshelf.foundation.database.copies.port import DatabaseCopier
from unshelf.manage.backups.unfinished import (
    MARKER,
    RestoreUnfinished,
    alone,
    is_filled,
    marker_in,
    new_marker,
    put_marker,
    refuse_unfinished,
    remove_marker,
    start_over,
    work_folder,
)


class StandIn:
    """A database that says what it carries."""

    def __init__(self, word: str, *, empty: bool) -> None:
        self._word, self._empty = word, empty

    def word(self) -> str:
        return self._word

    def is_empty(self) -> bool:
        return self._empty


def copier(word: str, *, empty: bool) -> DatabaseCopier:
    return cast(Any, StandIn(word, empty=empty))


def test_a_home_with_a_marker_is_refused_with_what_to_do_until_the_marker_goes(tmp_path: Path) -> None:
    assert marker_in(tmp_path / "none") is None
    marker = new_marker("b1")
    put_marker(tmp_path, marker)
    assert marker_in(tmp_path) == marker
    with pytest.raises(RestoreUnfinished, match="broken off") as raised:
        refuse_unfinished(Home(tmp_path))
    assert "again" in raised.value.hint
    remove_marker(tmp_path)
    refuse_unfinished(Home(tmp_path))


def test_a_marker_that_can_not_be_read_is_no_empty_folder(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text("{")
    with pytest.raises(RestoreUnfinished, match="can't be read"):
        marker_in(tmp_path)


def test_the_database_tells_how_far_it_came() -> None:
    marker = new_marker("b1")
    assert is_filled(copier(marker.word, empty=False), marker)
    assert not is_filled(copier("", empty=True), marker)
    with pytest.raises(RestoreUnfinished, match="something else"):
        is_filled(copier("another", empty=False), marker)


def test_work_folders_of_killed_restores_go_and_those_at_work_stay(tmp_path: Path) -> None:
    home = tmp_path / "home"
    left = tmp_path / ".home-restoring-left"
    left.mkdir()
    with work_folder(home) as work:
        assert not left.exists()
        with work_folder(home):
            pass
        assert work.is_dir(), "another restore sees that it is held"
    assert not work.exists()


def test_one_restore_at_a_time_in_a_home_and_it_begins_anew(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    put_marker(home, new_marker("b1"))
    with alone(home), pytest.raises(RestoreUnfinished, match="under way"), alone(home):
        pass
    start_over(home)
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_this_user_may_not_enter_is_no_restore_that_was_broken_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(PermissionError):
        refuse_unfinished(Home(tmp_path))
