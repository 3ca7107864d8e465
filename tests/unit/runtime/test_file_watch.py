"""Files that another process publishes are noticed: told by the kernel, or found by looking again."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import inotify_simple
import pytest

from unshelf.runtime.file_watch import poll_or_watch, wait_for, watch_renames

_NEVER_SECONDS = 30.0


def _publish(folder: Path, text: str) -> None:
    unnamed = folder / ".next"
    unnamed.write_text(text)
    unnamed.replace(folder / "table")


class _NoInotify:
    def __init__(self, **_: object) -> None:
        raise OSError(24, "too many inotify instances")


@pytest.fixture(params=["told by the kernel", "looking again"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "looking again":
        monkeypatch.setattr(inotify_simple, "INotify", _NoInotify)
    else:
        monkeypatch.setattr("unshelf.runtime.file_watch._WATCHED_POLL_SECONDS", _NEVER_SECONDS)
    yield request.param


def test_every_publication_is_seen(tmp_path: Path, way: str) -> None:
    async def run() -> None:
        seen = ""
        looked = asyncio.Event()

        def look() -> None:
            nonlocal seen
            with contextlib.suppress(FileNotFoundError):
                seen = (tmp_path / "table").read_text()
            looked.set()

        watching = asyncio.create_task(poll_or_watch(tmp_path, look))
        for text in ("first", "second", "third"):
            _publish(tmp_path, text)
            async with asyncio.timeout(5):
                while seen != text:
                    looked.clear()
                    await looked.wait()
            assert seen == text
        watching.cancel()

    asyncio.run(run())


class Changes:
    """Counts what a watcher reports."""

    def __init__(self) -> None:
        self.count = 0
        self._noted = asyncio.Event()

    def note(self) -> None:
        self.count += 1
        self._noted.set()

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.count < count:
                self._noted.clear()
                await self._noted.wait()


def test_the_kernel_tells_of_names_only_and_until_the_end(tmp_path: Path) -> None:
    async def run() -> None:
        ended, witness = Changes(), Changes()
        with watch_renames(tmp_path, witness.note):
            with watch_renames(tmp_path, ended.note) as told:
                assert told
                (tmp_path / "socket").write_text("not by renaming")
                for _ in range(3):  # the kernel reports at once: the next turn of the loop would hear of it
                    await asyncio.sleep(0)
                assert ended.count == 0
                _publish(tmp_path, "now")
                await ended.reach(1)
            _publish(tmp_path, "after the end")
            await witness.reach(2)
        assert (ended.count, witness.count) == (1, 2)

    asyncio.run(run())


def test_a_folder_that_is_not_there_leaves_the_looking_to_the_caller(tmp_path: Path) -> None:
    async def run() -> None:
        with watch_renames(tmp_path / "missing", lambda: None) as told:
            assert not told

    asyncio.run(run())


def test_an_event_that_is_set_ends_the_pause(tmp_path: Path) -> None:
    async def run() -> None:
        event = asyncio.Event()
        await wait_for(event, 0.01)
        assert not event.is_set()
        asyncio.get_running_loop().call_later(0.01, event.set)
        async with asyncio.timeout(5):
            await wait_for(event, _NEVER_SECONDS)
        assert event.is_set()

    asyncio.run(run())
