"""Deferred predictions in the test's own event loop: a real pipeline, queue and runner, and one model with a worker."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support.configs import config_of
from tests.support.loop_worker import KnowingHost, LoopWorker
from tests.support.routes import one_model, version
from tests.support.routing import publish_routing
from tests.support.segments import records_in
from tests.support.virtual_time import run_in_virtual_time
from unshelf.contracts.configs import DeferredOptions, GatewayConfig
from unshelf.contracts.protocols.door import DoorRequest
from unshelf.contracts.routing import KeyRoute, RoutingTable
from unshelf.gateway.access.rate_limit import Limiters
from unshelf.gateway.deferred.queue import DeferredQueue
from unshelf.gateway.deferred.runner import DeferredRunner
from unshelf.gateway.predict.body_reader import BodyBudget
from unshelf.gateway.predict.door import DoorBody
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.routing.index import Caller, RoutingWatcher
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.deferred import DeferredCounters
from unshelf.gateway.telemetry.traces import Tracing
from unshelf.gateway.workers.pools import WorkerPools

OPTIONS = DeferredOptions(concurrency=1, queue=3, queue_bytes=1000, keep_seconds=3600.0, max_bytes=1 << 20)
KEY = KeyRoute(id="k1", name="tests")
TOKEN_SHA256 = "a" * 64


class Scene:
    """A gateway's part in deferred predictions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = KnowingHost()
        self.worker = LoopWorker(folder / "w")
        self.host.addresses = [self.worker.address]
        self.counters = Counters(folder / "metrics", 0)
        self.recorder = Recorder(folder / "predictions", gateway=0, segment_bytes=1 << 20, roll_seconds=1e9)
        self.workers = WorkerPools(self.host, self.recorder, 8)
        self.watcher = RoutingWatcher(folder, lambda _table, _change: None)
        self.budget = BodyBudget(limit=100, capacity=1000)
        self.pipeline = PredictionPipeline(
            watcher=self.watcher, workers=self.workers, recorder=self.recorder, budget=self.budget, counters=self.counters,
            limiters=Limiters(0, 1), tracing=Tracing(),
        )  # fmt: skip
        self.queue = DeferredQueue(folder / "deferred")
        self.runner = DeferredRunner(
            self.queue, config_of(GatewayConfig, folder, index=0, gateways=1, listen_fd=0, deferred=OPTIONS, max_in_flight=8),
            pipeline=self.pipeline, watcher=self.watcher, workers=self.workers, counters=DeferredCounters(self.counters.file),
        )  # fmt: skip
        self.caller = Caller(KEY)
        self._generation = 0
        self.publish()

    def publish(self, *, keys: dict[str, KeyRoute] | None = None, known: bool = True, **route: Any) -> None:
        """Put `iris:1` in force with this route; `known`: the gateway has read it."""
        self._generation += 1
        models = {"iris": one_model(versions={1: version(**route)})}
        keys = {TOKEN_SHA256: KEY} if keys is None else keys
        publish_routing(self.folder, RoutingTable(generation=self._generation, models=models, keys=keys))
        if known:
            self.watcher.load()

    def request(self, **fields: Any) -> PredictRequest:
        values: dict[str, Any] = {
            "caller": self.caller, "reference": "iris", "protocol": "native", "content_type": "application/json", "wire_protocol": 1,
            "route": self.watcher.table.find("iris"),
        }  # fmt: skip
        return PredictRequest(**{**values, **fields})

    def body(self, content: bytes = b"[1]") -> DoorBody:
        asked = DoorRequest(actor="x", reference="iris", purpose="try", body=content)
        return DoorBody(asked, self.budget, self.budget.holder("x", "x", ""), 1 << 20)

    def recorded(self) -> list[Any]:
        return records_in(sorted((self.folder / "predictions").glob("*.seg")))


Play = Callable[[Callable[[Scene], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run a story on a scene."""

    def run(story: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            scene = Scene(tmp_path)
            await scene.worker.start()
            try:
                await story(scene)
            finally:
                scene.worker.die()
                scene.recorder.close()
            assert scene.budget.held == 0

        run_in_virtual_time(go())

    return run
