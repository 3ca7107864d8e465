"""The gateway process: puts the parts together, serves until it is stopped or left alone, and ends cleanly."""

import asyncio
import gc
import importlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from unshelf.contracts.configs import GatewayConfig
from unshelf.contracts.home import HOST_SOCKET, Home, control_socket, heartbeat_file
from unshelf.contracts.protocols.door import door_socket
from unshelf.gateway.access.callers import holds_good_key
from unshelf.gateway.access.forwarded import TrustedProxies
from unshelf.gateway.access.host_policy import HostPolicy
from unshelf.gateway.access.rate_limit import Limiters
from unshelf.gateway.app import App
from unshelf.gateway.deferred.assembly import DeferredService, build_deferred
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.server import HttpServer
from unshelf.gateway.predict.body_reader import BodyReader
from unshelf.gateway.predict.door import PredictionDoor
from unshelf.gateway.predict.http_body import http_bodies
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.predict.sse import EventStreamRoute
from unshelf.gateway.proxy import Proxy
from unshelf.gateway.records.health import RecorderHealth
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.routing.index import RoutingWatcher, Table
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.present import PresentVersions
from unshelf.gateway.telemetry.routes import MetricsRoute
from unshelf.gateway.telemetry.traces import Tracing
from unshelf.gateway.workers.counting_host_client import CountingHostClient
from unshelf.gateway.workers.pools import WorkerPools
from unshelf.runtime.heartbeat import beat
from unshelf.runtime.lifecycle import leave_event, raise_file_limit, stop_event
from unshelf.runtime.logging import configure_logging
from unshelf.runtime.routing_file import RoutingChange

_STREAM_SHARE = 0.7
"""How much of the time that requests in flight have to be answered streams may go on."""
_ABANDON_SECONDS = 1.0
"""How long the last answers may take: those which say that there was no time for another."""
_LEAVE_SECONDS = 3600.0
"""How long calls by gRPC that are under way may take once another gateway is there: longer than any prediction."""
_RETRY_SECONDS = 5.0
_COLLECT_AFTER = 20_000
_LEAST_ARROW_CAPACITY = 512 << 20

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Run a gateway with the GatewayConfig that is the only argument; the working folder is the run folder."""
    configure_logging("gateway")
    try:
        (text,) = arguments
        config = msgspec.json.decode(text, type=GatewayConfig)
    except (ValueError, msgspec.MsgspecError) as error:
        logger.error("a gateway is started with one JSON argument, its GatewayConfig", extra={"error": str(error)})
        return 2
    configure_logging("gateway", level=config.log_level)
    raise_file_limit()
    finished = uvloop.run(_serve(config))
    if not finished:
        # Threads that serve requests that did not end in time would keep the interpreter from ending.
        logging.shutdown()
        os._exit(0)
    return 0


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """The parts of a gateway that are started and stopped."""

    app: App
    bodies: BodyReader
    deferred: DeferredService
    door: PredictionDoor
    host: CountingHostClient
    pipeline: PredictionPipeline
    proxy: Proxy
    recorder: Recorder
    recorder_health: RecorderHealth
    streaming: EventStreamRoute
    tracing: Tracing
    watcher: RoutingWatcher
    workers: WorkerPools


async def _serve(config: GatewayConfig) -> bool:
    """Serve until stopped; tells whether every request was answered by then."""
    parts = _build(config)
    server = HttpServer(parts.app.dispatch, config.listen_fd)
    parts.watcher.load()
    _calm_collector()
    grpc = await _start_grpc(config, parts)
    await parts.door.start()
    background = [
        asyncio.create_task(parts.watcher.watch()),
        asyncio.create_task(parts.host.keep_connected(parts.workers.move_all)),
        asyncio.create_task(parts.workers.report_loads()),
        asyncio.create_task(parts.deferred.runner.work()),
        asyncio.create_task(beat(Path(heartbeat_file(f"gateway {config.index}")))),
    ]
    stopping, leaving = stop_event(), leave_event()
    serving = asyncio.create_task(server.serve())
    logger.info("the gateway serves", extra={"index": config.index, "generation": parts.watcher.table.generation})

    stopped, asked_to_leave = asyncio.create_task(stopping.wait()), asyncio.create_task(leaving.wait())
    await asyncio.wait({serving, stopped, asked_to_leave, *background}, return_when=asyncio.FIRST_COMPLETED)
    for task in background:
        if task.done():
            logger.error("a background task ended, so the gateway does", exc_info=task.exception())
    if leaving.is_set() and not stopping.is_set():
        server.leave(config.drain_seconds)
        await _leave(parts, serving, grpc, stopped, config.drain_seconds)
    asked_to_leave.cancel()
    server.stop(accepting=stopping.is_set() and not leaving.is_set())
    finished = await _drain(parts, serving, grpc, config.drain_seconds)
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    parts.recorder_health.close()
    parts.recorder.close()
    await asyncio.to_thread(parts.tracing.close)
    await parts.proxy.close()
    counted = {
        "answered": parts.recorder.answered,
        "recorded": parts.recorder.recorded,
        "lost": parts.recorder.lost,
    }
    logger.info("the gateway ends", extra={"index": config.index, **counted, "finished": finished})
    return finished


async def _leave(
    parts: _Parts, serving: "asyncio.Task[None]", grpc: Any, stopped: "asyncio.Task[bool]", seconds: float
) -> None:
    """Answer what is here, however long it takes, while other gateways take what comes; returns earlier when that is asked for."""
    logger.info("the gateway leaves: others accept")
    followers = asyncio.get_running_loop().call_later(seconds, parts.proxy.stop)  # they would stay for ever
    ending = [serving, asyncio.create_task(parts.door.stop()), asyncio.create_task(parts.deferred.runner.leave())]
    ending += [] if grpc is None else [asyncio.create_task(grpc.leave(_LEAVE_SECONDS))]
    done = asyncio.create_task(_all_over(ending))
    await asyncio.wait([stopped, done], return_when=asyncio.FIRST_COMPLETED)
    followers.cancel()


async def _all_over(tasks: list[asyncio.Task[None]]) -> bool:
    await asyncio.wait(tasks)
    return True


async def _drain(parts: _Parts, serving: "asyncio.Task[None]", grpc: Any, seconds: float) -> bool:
    """Refuse what comes now, and answer what is in flight, by 503 where it takes longer; tells whether all was answered."""
    parts.app.stop(_stopping("takes no more requests"))
    parts.proxy.stop()
    parts.streaming.stop(seconds * _STREAM_SHARE)
    ending = [serving] if grpc is None else [serving, asyncio.create_task(grpc.stop(seconds))]
    ending += [asyncio.create_task(parts.deferred.runner.finish()), asyncio.create_task(parts.door.stop())]
    await asyncio.wait(ending, timeout=seconds)
    await parts.deferred.runner.abandon()
    if not serving.done():
        parts.workers.abandon_all(_stopping(f"could not wait longer than {seconds:g} seconds for the model's answer"))
        await asyncio.wait([serving], timeout=_ABANDON_SECONDS)
    return serving.done()


def _stopping(what: str) -> ProblemError:
    return ProblemError(
        "unavailable", f"The server is being stopped and {what}.", hint="Send it again in a moment.",
        retry_after=_RETRY_SECONDS,
    )  # fmt: skip


def _build(config: GatewayConfig) -> _Parts:
    """Put the parts together; nothing runs yet."""
    home = Home(Path(config.home))
    counters = Counters(home.metrics, config.index)
    recorder = Recorder(
        home.predictions,
        gateway=config.index,
        segment_bytes=config.segment_bytes,
        counted=counters.recorded,
        settling=counters.answered,
    )
    recorder_health = RecorderHealth(recorder, counters, home.predictions, config.index)
    host = CountingHostClient(HOST_SOCKET, counters)
    workers = WorkerPools(host, recorder, config.max_in_flight)
    limiters = Limiters(_place(config), config.gateways)
    followers = _Followers(workers, limiters, counters, PresentVersions())
    watcher = RoutingWatcher(home.run, followers.table_changed)
    bodies, arrow_bodies = BodyReader(config.max_body_bytes), _arrow_bodies(config.max_arrow_bytes)
    tracing = _tracing(config, counters)
    open_body = http_bodies(bodies, arrow_bodies, config.recorded_arrow_bytes)
    pipeline = PredictionPipeline(
        watcher=watcher, workers=workers, recorder=recorder, budget=bodies.budget, counters=counters, limiters=limiters,
        tracing=tracing,
    )  # fmt: skip
    deferred = build_deferred(config, pipeline, watcher=watcher, workers=workers, counters=counters)
    streaming = EventStreamRoute(pipeline, open_body, workers, lambda caller: holds_good_key(caller, watcher.table))
    # Each gateway prefers another control, so that they share the work.
    proxy = Proxy(
        [control_socket((config.index + step) % config.controls) for step in range(config.controls)],
        TrustedProxies(config.trusted_proxies),
    )
    app = App(
        host_policy=HostPolicy(config.allowed_hosts),
        watcher=watcher,
        host=host,
        recorder=recorder,
        pipeline=pipeline,
        open_body=open_body,
        deferred=deferred,
        streaming=streaming,
        metrics=MetricsRoute(
            counters, HOST_SOCKET, deferred.runner.present, lambda: watcher.table.models, followers.present
        ),
        proxy=proxy,
    )
    door = PredictionDoor(
        Path(door_socket(config.index)), pipeline, watcher=watcher, budget=bodies.budget,
        recorded_arrow_bytes=config.recorded_arrow_bytes,
    )  # fmt: skip
    return _Parts(
        app=app, bodies=bodies, deferred=deferred, door=door, host=host, pipeline=pipeline, proxy=proxy, recorder=recorder,
        recorder_health=recorder_health, streaming=streaming, tracing=tracing, watcher=watcher, workers=workers,
    )  # fmt: skip


def _place(config: GatewayConfig) -> int:
    return config.index if config.place is None else config.place


def _arrow_bodies(limit: int) -> BodyReader:
    """A reader with a budget of its own, so that one large table does not take the room of ordinary requests."""
    return BodyReader(limit, capacity=max(2 * limit, _LEAST_ARROW_CAPACITY), setting="UNSHELF_MAX_ARROW_BYTES")


def _tracing(config: GatewayConfig, counters: Counters) -> Tracing:
    """Traces, with spans where somebody collects them; OpenTelemetry is loaded only then."""
    if not config.otlp_endpoint:
        return Tracing()
    spans = importlib.import_module("unshelf.gateway.telemetry.otlp")
    return Tracing(spans.OtlpSpans(config.otlp_endpoint, config.index, counters.spans_dropped), ratio=config.otlp_ratio)


async def _start_grpc(config: GatewayConfig, parts: _Parts) -> Any:
    """The gRPC server, where one is wanted; its library is loaded only then."""
    if not config.grpc_port:
        return None
    wanted = importlib.import_module("unshelf.gateway.grpc.server")
    server = wanted.GrpcServer(
        parts.pipeline, parts.watcher, parts.bodies.budget, ready=parts.app.ready, host=config.host, port=config.grpc_port,
        max_body_bytes=config.max_body_bytes,
    )  # fmt: skip
    await server.start()
    return server


@dataclass(frozen=True)
class _Followers:
    """The parts that follow the routing state."""

    workers: WorkerPools
    limiters: Limiters
    counters: Counters
    present: PresentVersions

    def table_changed(self, table: Table, change: RoutingChange) -> None:
        changed = {"models": len(change.models), "keys": len(change.keys), "unreadable": change.unreadable}
        logger.info("the routing state changed", extra={"generation": table.generation, **changed})
        self.counters.routing(unreadable=change.unreadable)
        self.present.changed(change.models)
        if change.models:
            self.workers.forget_missing(table)
        self.limiters.forget_missing(table)


def _calm_collector() -> None:
    """Have the garbage collector look less often, and not at what is here to stay: requests make no cycles worth a stop."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 50)
