"""The size of what a program left on the disk, as its bound counts it."""

from pathlib import Path

from unshelf.host.jobs.runner.run import size_of


def test_files_count_with_what_they_take_and_links_do_not_lead_anywhere(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "deep").mkdir(parents=True)
    outside.mkdir()
    (outside / "large").write_bytes(bytes(1 << 20))
    (inside / "deep" / "file").write_bytes(b"x" * 10_000)
    (inside / "link").symlink_to(outside)
    assert 10_000 <= size_of(str(inside)) < 1 << 16


def test_many_empty_files_take_space_too(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert size_of(str(tmp_path)) >= 100 * 4096


def test_a_folder_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    assert size_of(str(tmp_path / "gone")) == 0
