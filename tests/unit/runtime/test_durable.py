"""Durable files: readers see the old content or the new, and nothing half-written stays behind."""

from pathlib import Path

import pytest

from unshelf.runtime.durable import flush_folder, replace_file, replacing, write_new


def test_a_file_is_replaced_and_private(tmp_path: Path) -> None:
    path = tmp_path / "token"
    replace_file(path, b"old")
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_replaced_piece_by_piece_is_the_old_one_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "day.parquet"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("lasting", [True, False])
def test_an_error_on_the_way_leaves_the_old_file_alone(tmp_path: Path, lasting: bool) -> None:
    path = tmp_path / "day.parquet"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="full"), replacing(path, lasting=lasting) as file:
        file.write(b"half")
        raise OSError("full")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_replacing_a_folder_fails_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with pytest.raises(OSError, match="here"):
        replace_file(tmp_path / "here", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "complete"
    write_new(path, [b"a", memoryview(b"bc")])
    assert path.read_bytes() == b"abc"
    with pytest.raises(FileExistsError):
        write_new(path, b"other")
    assert path.read_bytes() == b"abc"
    flush_folder(tmp_path)


def test_flushing_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        flush_folder(tmp_path / "gone")
