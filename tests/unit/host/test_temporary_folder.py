"""The folder of one piece of work goes with it, at whatever moment that ends."""

import asyncio
import threading
from pathlib import Path

import anyio
import pytest

from unshelf.host.temporary_folder import temporary_folder


def test_it_is_filled_and_gone_afterwards(tmp_path: Path) -> None:
    async def work() -> str:
        async with temporary_folder(tmp_path, prefix="work-", fill=lambda folder: (folder / "a").mkdir()) as folder:
            assert (folder.parent, folder.name[:5]) == (tmp_path, "work-")
            (folder / "a/file").touch()
            return folder.name

    assert not (tmp_path / anyio.run(work)).exists()


def test_what_can_not_be_filled_leaves_nothing(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "a").touch()
        raise OSError("the disk is full")

    async def work() -> None:
        async with temporary_folder(tmp_path, prefix="work-", fill=fill):
            raise AssertionError("there is no such folder")

    with pytest.raises(OSError, match="the disk is full"):
        anyio.run(work)
    assert list(tmp_path.iterdir()) == []


def test_a_cancel_while_it_is_made_leaves_nothing(tmp_path: Path) -> None:
    """Given a thread that makes the folder, when who waits for it is cancelled, then it is removed once it is made."""
    begun, may_end = threading.Event(), threading.Event()

    def fill(_folder: Path) -> None:
        begun.set()
        assert may_end.wait(60)

    async def work() -> None:
        async with temporary_folder(tmp_path, prefix="work-", fill=fill):
            raise AssertionError("it was cancelled")

    async def cancel() -> None:
        task = asyncio.create_task(work())
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    anyio.run(cancel)
    assert list(tmp_path.iterdir()) == []
