"""A process that lives and does not beat is noticed, and no other is."""

import asyncio
import os
from pathlib import Path

from unshelf.runtime.heartbeat import SILENT_LOOKS, START_LOOKS, HeartbeatWatch, beat


def looks(watch: HeartbeatWatch, count: int = SILENT_LOOKS) -> list[bool]:
    return [watch.is_silent() for _ in range(count)]


def test_one_that_never_beat_has_longer_for_its_start_and_then_is_silent_too(tmp_path: Path) -> None:
    watch = HeartbeatWatch(tmp_path / "a")
    assert looks(watch, START_LOOKS) == [False] * (START_LOOKS - 1) + [True]
    watch.reset()
    assert not any(looks(watch, START_LOOKS - 1))
    (tmp_path / "a").touch()
    assert looks(watch, SILENT_LOOKS + 1) == [False] * SILENT_LOOKS + [True]


def test_one_that_beat_and_does_not_any_more_is_silent_after_so_many_looks(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    watch = HeartbeatWatch(file)
    assert looks(watch, SILENT_LOOKS + 1) == [False] * SILENT_LOOKS + [True]
    watch.reset()
    assert not any(looks(watch, 100))


def test_one_that_beats_now_and_then_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a"
    watch = HeartbeatWatch(file)
    for n in range(1, 50):
        file.touch()
        os.utime(file, (n, n))
        assert not any(looks(watch, SILENT_LOOKS - 1))


def test_a_beat_is_a_file_that_is_touched(tmp_path: Path) -> None:
    async def story() -> None:
        beating = asyncio.create_task(beat(tmp_path / "a"))
        await asyncio.sleep(0)
        beating.cancel()

    asyncio.run(story())
    assert (tmp_path / "a").exists()
