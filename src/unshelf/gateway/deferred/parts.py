"""Deferred predictions, put together from the parts that ordinary ones are made of."""

from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.deferred import DEFERRED_FOLDER
from unshelf.contracts.processes import GatewayConfig
from unshelf.gateway.deferred.accepting import Accepting
from unshelf.gateway.deferred.route import DeferredRoute
from unshelf.gateway.deferred.runner import Bounds, Runner
from unshelf.gateway.deferred.store import Store
from unshelf.gateway.deferred.stored import CountedBefore
from unshelf.gateway.metrics.counters import Counters
from unshelf.gateway.metrics.deferred import DeferredCounters
from unshelf.gateway.predicting import Predicting
from unshelf.gateway.table import TableWatcher
from unshelf.gateway.workers import Workers


@dataclass(frozen=True)
class Deferring:
    """What accepts, runs and shows them."""

    accepting: Accepting
    runner: Runner
    route: DeferredRoute


def build_deferring(
    config: GatewayConfig, predicting: Predicting, *, watcher: TableWatcher, workers: Workers, counters: Counters
) -> Deferring:
    """Put them together; nothing runs yet."""
    counted_before = predicting.with_limiters(CountedBefore())
    bounds = Bounds(
        gateway=config.index,
        gateways=config.gateways,
        concurrency=config.deferred_concurrency,
        queue=config.deferred_queue,
        queue_bytes=config.deferred_queue_bytes,
        keep_seconds=config.deferred_keep_seconds,
        max_bytes=config.deferred_max_bytes,
        max_in_flight=config.max_in_flight,
        recorded_arrow_bytes=config.recorded_arrow_bytes,
    )
    runner = Runner(
        Store(Path(config.home) / DEFERRED_FOLDER), bounds, predicting=counted_before, watcher=watcher, workers=workers,
        counters=DeferredCounters(counters.file),
    )  # fmt: skip
    return Deferring(Accepting(predicting, counted_before, runner), runner, DeferredRoute(runner))
