"""Deferred predictions, put together from the parts that ordinary ones are made of."""

from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.configs import GatewayConfig
from unshelf.contracts.home import Home
from unshelf.gateway.deferred.queue import DeferredQueue
from unshelf.gateway.deferred.routes import DeferredRoute
from unshelf.gateway.deferred.runner import DeferredRunner
from unshelf.gateway.deferred.submit import DeferredSubmission
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.routing.index import RoutingWatcher
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.deferred import DeferredCounters
from unshelf.gateway.workers.pools import WorkerPools


@dataclass(frozen=True)
class DeferredService:
    """The parts that accept deferred predictions, run them and show them."""

    submission: DeferredSubmission
    runner: DeferredRunner
    route: DeferredRoute


def build_deferred(
    config: GatewayConfig,
    pipeline: PredictionPipeline,
    *,
    watcher: RoutingWatcher,
    workers: WorkerPools,
    counters: Counters,
) -> DeferredService:
    """Put the parts together; nothing runs yet."""
    runner = DeferredRunner(
        DeferredQueue(Home(Path(config.home)).deferred), config, pipeline=pipeline, watcher=watcher, workers=workers,
        counters=DeferredCounters(counters.file),
    )  # fmt: skip
    return DeferredService(DeferredSubmission(pipeline, runner), runner, DeferredRoute(runner))
