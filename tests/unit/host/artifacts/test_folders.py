"""Folders appear whole or not at all, and what a killed maker left is swept, but never what a live one is making."""

from pathlib import Path

from unshelf.host.artifacts.folders import lock_of, put_in_place, remove_folder, set_aside, sweep, temporary_for
from unshelf.runtime.file_lock import TransientLock


def make(folder: Path, text: str) -> Path:
    made = temporary_for(folder)
    made.mkdir()
    (made / "file").write_text(text)
    return made


def test_a_complete_folder_takes_the_place_of_an_incomplete_one(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    folder.mkdir()
    (folder / "half").touch()
    put_in_place(make(folder, "whole"), folder)
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert [path.name for path in tmp_path.iterdir()] == ["environment"]


def test_a_folder_that_is_gone_already_is_no_error(tmp_path: Path) -> None:
    assert set_aside(tmp_path / "gone") is None
    remove_folder(tmp_path / "gone")


def test_a_folder_that_must_go_disappears_at_once_under_another_name(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    folder.mkdir()
    aside = set_aside(folder)
    assert aside is not None
    assert (folder.exists(), aside.exists()) == (False, True)


def test_what_a_killed_maker_left_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    left = make(folder, "half")
    lock_of(folder).touch()
    assert sweep(tmp_path) == [left.name]
    assert list(tmp_path.iterdir()) == []


def test_what_a_live_maker_is_making_stays(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    being_made = make(folder, "half")
    held = TransientLock.try_acquire(lock_of(folder))
    assert held is not None
    assert sweep(tmp_path) == []
    assert being_made.exists()
    held.release()
    assert sweep(tmp_path) == [being_made.name]


def test_temporary_names_differ(tmp_path: Path) -> None:
    assert temporary_for(tmp_path / "a") != temporary_for(tmp_path / "a")
