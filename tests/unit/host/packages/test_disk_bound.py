"""A bound on what a program may write."""

import asyncio
import os
from pathlib import Path

import pytest

from unshelf.host.packages import disk_bound
from unshelf.host.packages.disk_bound import DiskBoundExceeded, exceeded, size_of, written_by


def test_what_folders_hold_is_summed_up_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"x" * 100_000)
    before = size_of(tmp_path)
    assert before >= 100_000
    (tmp_path / "link").symlink_to("/usr")
    assert size_of(tmp_path) - before < 100_000
    assert size_of(tmp_path / "gone") == 0
    assert exceeded([tmp_path], 1 << 30) == ""
    assert exceeded([tmp_path, tmp_path / "a"], 1000) == "it wrote more than 9.313e-07 GiB"
    assert exceeded([], 0) == ""


def test_a_full_disk_ends_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_bound, "_LEAST_FREE_BYTES", 1 << 60)
    assert "are left on the disk" in exceeded([tmp_path], 1 << 40)


def test_files_without_contents_count_too(tmp_path: Path) -> None:
    """Given that the system has a place for only so many files, then empty ones are not free."""
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert size_of(tmp_path) == 100 * 4096
    assert "it wrote more than" in exceeded([tmp_path], 50 * 4096)


def test_a_disk_without_places_for_files_ends_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_bound, "_files_left", lambda _: 1.0)
    assert exceeded([tmp_path], 1 << 40) == "fewer than 10000 files can still be made on the disk"


def test_what_writes_too_much_is_cancelled_and_what_does_not_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)

    async def work(most_bytes: int, seconds: float) -> str:
        async with disk_bound.disk_bound([tmp_path], most_bytes):
            await asyncio.sleep(seconds)
        return "done"

    assert asyncio.run(work(1 << 30, 0.01)) == "done"
    with pytest.raises(DiskBoundExceeded, match="it wrote more than"):
        asyncio.run(work(1000, 60))


def test_what_a_process_wrote_counts_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    before = written_by(os.getpid())
    (tmp_path / "elsewhere").write_bytes(b"x" * 5_000_000)
    assert written_by(os.getpid()) >= before + 5_000_000
    assert "it wrote more than" in exceeded([tmp_path / "empty"], before + 4_000_000, [os.getpid()])
    assert exceeded([tmp_path / "empty"], 1 << 50, [os.getpid()]) == ""
    assert written_by(2**30) == 0, "one that is gone"
