"""A recorder that failed is probed once a second, and works again when the disk has room."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual_time import run_in_virtual_time
from unshelf.contracts import counter_ids as c
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.health import RecorderHealth
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.telemetry.counters import Counters


class Scene:
    """A recorder into a folder that a test may spoil."""

    def __init__(self, folder: Path) -> None:
        self.records = folder / "records"
        self.counters = Counters(folder / "metrics", 0)

    def recorder(self) -> Recorder:
        return Recorder(self.records, gateway=3, segment_bytes=1 << 20, roll_seconds=1e9)

    def health(self, recorder: Recorder) -> RecorderHealth:
        return RecorderHealth(recorder, self.counters, self.records, 3)

    @property
    def not_recording(self) -> int:
        return dict(self.counters.file.blocks())[(c.TOTALS,)][c.NOT_RECORDING]

    def spoil(self) -> None:
        """A file where the folder should be refuses every write, for root too."""
        self.records.write_bytes(b"")

    def mend(self) -> None:
        self.records.unlink()


Play = Callable[[Callable[[Scene], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    def run(story: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
        run_in_virtual_time(story(Scene(tmp_path)))

    return run


def test_a_recorder_that_works_is_reported_as_working(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.counters.recording(works=False)  # what an earlier process left
        recorder = scene.recorder()
        scene.health(recorder).close()
        assert (scene.not_recording, recorder.working) == (0, True)
        recorder.close()

    play(story)


def test_one_that_can_not_begin_is_probed_until_it_can(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.spoil()
        recorder = scene.recorder()
        health = scene.health(recorder)
        assert (scene.not_recording, recorder.working) == (1, False)
        await asyncio.sleep(10)
        assert (scene.not_recording, recorder.working) == (1, False)
        scene.mend()
        await asyncio.sleep(1.1)
        assert (scene.not_recording, recorder.working) == (0, True)
        assert list(scene.records.iterdir()) == [], "the probe leaves nothing"
        health.close()
        recorder.close()

    play(story)


def test_lost_predictions_are_counted_and_the_recorder_recovers(play: Play) -> None:
    async def story(scene: Scene) -> None:
        recorder = scene.recorder()
        health = scene.health(recorder)
        prediction = Prediction("k", "iris", "native")
        prediction.model, prediction.version = "iris", 2
        recorder.working = False
        health.failed([prediction, prediction])
        health.failed([prediction])
        blocks = dict(scene.counters.file.blocks())
        assert blocks[(c.LOST_OF, "iris", 2)] == [3]
        assert scene.not_recording == 1
        await asyncio.sleep(1.1)
        assert (scene.not_recording, recorder.working) == (0, True)
        health.close()
        recorder.close()

    play(story)


def test_a_closed_one_probes_no_more(play: Play) -> None:
    async def story(scene: Scene) -> None:
        scene.spoil()
        recorder = scene.recorder()
        scene.health(recorder).close()
        scene.mend()
        await asyncio.sleep(5)
        assert (scene.not_recording, recorder.working) == (1, False)
        recorder.close()

    play(story)
