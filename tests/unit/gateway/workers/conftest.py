"""Workers and a host within the test's own event loop, whose clock jumps."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support.loop_worker import KnowingHost, LoopWorker
from tests.support.routes import version
from tests.support.virtual_time import run_in_virtual_time
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.routing.index import VersionTarget


class Scene:
    """A host, its workers, and the recorder of what became of predictions."""

    def __init__(self, folder: Path) -> None:
        self.host = KnowingHost()
        self.recorder = Recorder(folder / "records", gateway=0, segment_bytes=1 << 20, roll_seconds=1e9)
        self._folder = folder
        self._workers: list[LoopWorker] = []

    async def worker(self, *, known: bool = True) -> LoopWorker:
        """Start another worker; the host gives its address."""
        worker = await LoopWorker(self._folder / f"w{len(self._workers)}").start()
        self._workers.append(worker)
        if known:
            self.host.addresses = [worker.address]
        return worker

    def end(self) -> None:
        for worker in self._workers:
            worker.die()
        self.recorder.close()


Play = Callable[[Callable[[Scene], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run a story on a scene."""

    def run(story: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            scene = Scene(tmp_path)
            try:
                await story(scene)
            finally:
                scene.end()
            assert scene.recorder.answered == scene.recorder.recorded

        run_in_virtual_time(go())

    return run


def a_prediction(body: bytes = b"1") -> Prediction:
    """One of `iris:1`."""
    prediction = Prediction("k", "iris", "native", wire_protocol=1)
    prediction.model, prediction.version, prediction.body = "iris", 1, body
    return prediction


def a_target(name: str = "iris", **route: Any) -> VersionTarget:
    """Version 1 of a model."""
    return VersionTarget(name, 1, version(**route), paused=False)
