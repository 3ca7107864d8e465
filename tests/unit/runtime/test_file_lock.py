"""File locks: one holder at a time, whichever way it took the lock."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from unshelf.runtime.file_lock import TransientLock, held_folder, lock_descriptor, sweep_held, try_locked


def test_one_open_file_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    path.write_bytes(b"records")
    with path.open("rb") as first, path.open("rb") as second:
        assert lock_descriptor(first.fileno())
        assert not lock_descriptor(second.fileno())
        first.close()
        assert lock_descriptor(second.fileno())
    assert path.read_bytes() == b"records"


def test_shared_locks_exclude_only_the_exclusive_one(tmp_path: Path) -> None:
    path = tmp_path / "request"
    path.touch()
    with path.open("rb") as first, path.open("rb") as second, path.open("rb") as third:
        assert lock_descriptor(first.fileno(), shared=True)
        assert lock_descriptor(second.fileno(), shared=True)
        assert not lock_descriptor(third.fileno())


def test_a_lock_that_is_held_is_not_taken_twice(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with try_locked(path) as first, try_locked(path) as second:
        assert first
        assert not second
    with try_locked(path) as again:
        assert again
    assert path.exists()


def test_a_transient_lock_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / ".lock-environment"
    held = TransientLock.try_acquire(path)
    assert held is not None
    assert TransientLock.try_acquire(path) is None
    held.release()
    assert not path.exists()


def test_those_who_wait_for_a_transient_lock_take_turns(tmp_path: Path) -> None:
    path = tmp_path / ".lock-environment"
    inside = most = finished = 0

    async def work() -> None:
        nonlocal inside, most, finished
        async with TransientLock.acquire(path):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            finished += 1

    async def go() -> None:
        await asyncio.gather(*(work() for _ in range(5)))

    asyncio.run(go())
    assert (most, finished) == (1, 5)
    assert not path.exists()


KILLED = """
import os, sys, pathlib
from unshelf.runtime.file_lock import held_folder
with held_folder(pathlib.Path(sys.argv[1]), "query") as folder:
    (folder / "rows").write_bytes(b"x")
    os.kill(os.getpid(), 9)
"""


@pytest.mark.runs_program
def test_the_folder_of_a_killed_process_is_swept_and_that_of_a_live_one_is_not(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    (tmp_path / ".held-file").touch()
    with held_folder(tmp_path, "query") as folder:
        (folder / "rows").touch()
        assert sweep_held(tmp_path) == [left]
        assert (folder / "rows").exists() and not left.exists()
    assert [path.name for path in tmp_path.iterdir()] == [".held-file"]
