"""Deferred predictions, put together from the parts that ordinary ones are made of."""

from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.deferred import DEFERRED_FOLDER
from unshelf.contracts.processes import GatewayConfig
from unshelf.gateway.bodies import Bodies
from unshelf.gateway.deferred.accepting import Accepting
from unshelf.gateway.deferred.route import DeferredRoute
from unshelf.gateway.deferred.runner import Bounds, Runner
from unshelf.gateway.deferred.store import Store
from unshelf.gateway.deferred.stored import CountedBefore
from unshelf.gateway.incoming import OpenRequest
from unshelf.gateway.limits import Limiters
from unshelf.gateway.metrics.counters import Counters
from unshelf.gateway.metrics.deferred import DeferredCounters
from unshelf.gateway.predicting import Predicting
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.table import TableWatcher
from unshelf.gateway.tracing import Tracing
from unshelf.gateway.workers import Workers


@dataclass(frozen=True, kw_only=True)
class Deferring:
    """What accepts, runs and shows them."""

    accepting: Accepting
    counted_before: Predicting
    """Predicts what was accepted before, here or elsewhere."""
    runner: Runner
    route: DeferredRoute


def build_deferring(
    config: GatewayConfig,
    *,
    watcher: TableWatcher,
    workers: Workers,
    recorder: Recorder,
    bodies: Bodies,
    open_request: OpenRequest,
    counters: Counters,
    limiters: Limiters,
    tracing: Tracing,
) -> Deferring:
    """Put them together; nothing runs yet."""
    counted_before = Predicting(
        watcher=watcher, workers=workers, recorder=recorder, bodies=bodies, open_request=open_request, counters=counters,
        limiters=CountedBefore(), tracing=tracing,
    )  # fmt: skip
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
    accepting = Accepting(
        watcher=watcher, workers=workers, recorder=recorder, bodies=bodies, open_request=open_request, counters=counters,
        limiters=limiters, tracing=tracing,
    )  # fmt: skip
    accepting.runner, accepting.counted_before = runner, counted_before
    return Deferring(accepting=accepting, counted_before=counted_before, runner=runner, route=DeferredRoute(runner))
