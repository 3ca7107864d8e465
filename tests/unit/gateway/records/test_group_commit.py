"""One flush for all records that came while the last one ran; a failed flush is told to each of them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.group_commit import GroupCommit
from unshelf.gateway.records.segment import Segment


class Disk:
    """Segments whose flushes wait for the test, and are counted."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.flushed: list[Path] = []
        self.error: OSError | None = None
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self._folder = folder

        def flush(segment: Segment) -> None:
            self.entered.release()
            assert self.gate.acquire(timeout=60)
            if self.error is not None:
                raise self.error
            self.flushed.append(segment.path)

        monkeypatch.setattr(Segment, "flush", flush)

    def segment(self) -> Segment:
        segment = Segment(self._folder, 0)
        segment.append(b"record")
        return segment

    async def until_flushing(self) -> None:
        assert await asyncio.to_thread(self.entered.acquire, timeout=30)


class Told:
    """What was told of predictions, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[Prediction], OSError | None]] = []
        self._news = asyncio.Event()

    def __call__(self, predictions: list[Prediction], error: OSError | None) -> None:
        self.calls.append((predictions, error))
        self._news.set()

    async def until(self, count: int) -> None:
        while len(self.calls) < count:
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), 30)


Play = Callable[[Callable[[GroupCommit, Disk, Told], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    def run(story: Callable[[GroupCommit, Disk, Told], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            told, disk = Told(), Disk(tmp_path, monkeypatch)
            await story(GroupCommit(told), disk, told)

        asyncio.run(go())

    return run


def a_prediction() -> Prediction:
    return Prediction("k", "iris", "native")


def test_what_comes_during_a_flush_waits_for_one_more_together(play: Play) -> None:
    async def story(commit: GroupCommit, disk: Disk, told: Told) -> None:
        segment = disk.segment()
        first, second, third = ([a_prediction()] for _ in range(3))
        commit.add(segment, first)
        await disk.until_flushing()
        commit.add(segment, second)
        commit.add(segment, third)
        assert told.calls == []
        disk.gate.release()
        await told.until(1)
        assert told.calls == [(first, None)]
        disk.gate.release()
        await told.until(3)
        assert told.calls[1:] == [(second, None), (third, None)]
        assert disk.flushed == [segment.path] * 2
        commit.close()
        segment.close()

    play(story)


def test_a_segment_that_is_closed_stays_open_until_its_records_are_flushed(play: Play) -> None:
    async def story(commit: GroupCommit, disk: Disk, told: Told) -> None:
        segment = disk.segment()
        commit.add(segment, [a_prediction()])
        segment.close()
        segment.append(b"still open")
        disk.gate.release()
        await told.until(1)
        with pytest.raises(OSError, match="descriptor"):
            segment.append(b"closed")
        commit.close()

    play(story)


def test_a_failed_flush_is_told_to_each_and_the_next_is_tried(play: Play) -> None:
    async def story(commit: GroupCommit, disk: Disk, told: Told) -> None:
        segment = disk.segment()
        disk.error = OSError(5, "Input/output error")
        commit.add(segment, [a_prediction()])
        disk.gate.release()
        await told.until(1)
        assert told.calls[0][1] is disk.error
        disk.error = None
        commit.add(segment, [a_prediction()])
        disk.gate.release()
        await told.until(2)
        assert told.calls[1][1] is None
        commit.close()
        segment.close()

    play(story)


def test_closing_flushes_what_runs_and_what_waits_and_tells_each_once(play: Play) -> None:
    async def story(commit: GroupCommit, disk: Disk, told: Told) -> None:
        segment = disk.segment()
        first, second = ([a_prediction()] for _ in range(2))
        commit.add(segment, first)
        await disk.until_flushing()
        commit.add(segment, second)
        for _ in range(3):
            disk.gate.release()
        commit.close()
        assert told.calls == [(first, None), (second, None)]
        for _ in range(5):  # the flush that ran reports to the loop now
            await asyncio.sleep(0)
        assert len(told.calls) == 2
        segment.close()

    play(story)


def test_closing_with_nothing_to_flush_tells_nothing(play: Play) -> None:
    async def story(commit: GroupCommit, disk: Disk, told: Told) -> None:
        commit.close()
        assert (told.calls, disk.flushed) == ([], [])

    play(story)
