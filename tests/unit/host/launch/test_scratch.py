"""Scratch folders: kept as long as somebody has their lock."""

import os
from pathlib import Path

from unshelf.host.launch.scratch import Scratch, remove_unused, sweep_scratch


def test_a_folder_is_swept_once_nobody_holds_it(tmp_path: Path) -> None:
    kept, left = Scratch(tmp_path), Scratch(tmp_path)
    workers = os.dup(kept.lock)
    kept.hand_over()
    left.hand_over()
    (left.folder / "big").write_bytes(b"x" * 100)

    assert sweep_scratch(tmp_path) == [kept.folder]
    assert not left.folder.exists()
    os.close(workers)
    assert remove_unused(kept.folder)
    assert not kept.folder.exists()
    assert remove_unused(kept.folder), "one that is gone is no error"


def test_a_link_of_that_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "scratch-1").symlink_to(tmp_path / "precious")
    sweep_scratch(tmp_path)
    assert (tmp_path / "precious").exists()


def test_its_own_host_removes_it_locked_or_not(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    scratch.remove()
    assert not scratch.folder.exists()
