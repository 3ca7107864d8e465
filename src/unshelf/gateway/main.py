"""The gateway process: puts the parts together, serves until told to stop or left alone, and ends cleanly."""

import asyncio
import gc
import importlib
import logging
import os
import resource
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from unshelf.contracts.logs import configure_logging
from unshelf.contracts.processes import CONTROL_SOCKET, HOST_SOCKET, METRICS_FOLDER, GatewayConfig
from unshelf.contracts.routing import ROUTING_FILE
from unshelf.gateway.addressing import Addressing
from unshelf.gateway.app import App
from unshelf.gateway.bodies import Bodies
from unshelf.gateway.deferred.parts import Deferring, build_deferring
from unshelf.gateway.http.server import HttpServer
from unshelf.gateway.incoming import http_requests
from unshelf.gateway.limits import Limiters
from unshelf.gateway.mending import Mending
from unshelf.gateway.metrics.counters import Counters
from unshelf.gateway.metrics.route import MetricsRoute
from unshelf.gateway.metrics.wakes import CountingHost
from unshelf.gateway.predicting import Predicting
from unshelf.gateway.proxy import Proxy
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.streaming import Streaming
from unshelf.gateway.table import Table, TableWatcher
from unshelf.gateway.tracing import Tracing
from unshelf.gateway.workers import Workers

FINISH_SECONDS = 10.0
"""How long requests in flight may take to be answered once the gateway was told to stop."""
_STREAM_SECONDS = 7.0
"""How long of these streams may go on."""
_COLLECT_AFTER = 20_000
_LIFELINE = 0
_LEAST_ARROW_CAPACITY = 512 << 20
_PREDICTIONS = "predictions"

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
    _allow_many_connections()
    finished = uvloop.run(_serve(config))
    if not finished:
        # Threads that serve requests that did not end in time would keep the interpreter from ending.
        logging.shutdown()
        os._exit(0)
    return 0


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What a gateway is made of, as far as it must be started and stopped."""

    app: App
    bodies: Bodies
    deferring: Deferring
    host: CountingHost
    mending: Mending
    predicting: Predicting
    proxy: Proxy
    recorder: Recorder
    streaming: Streaming
    tracing: Tracing
    watcher: TableWatcher
    workers: Workers


async def _serve(config: GatewayConfig) -> bool:
    """Serve until told to stop; tells whether every request was answered by then."""
    parts = _build(config)
    server = HttpServer(parts.app.take, config.listen_fd)
    _calm_collector()
    parts.watcher.refresh()
    grpc = await _start_grpc(config, parts)
    background = [
        asyncio.create_task(parts.watcher.watch()),
        asyncio.create_task(parts.host.keep_connected(parts.workers.move_all)),
        asyncio.create_task(parts.workers.report_loads()),
        asyncio.create_task(parts.deferring.runner.work()),
    ]
    stopping = _stop_signal()
    serving = asyncio.create_task(server.serve())
    logger.info("the gateway serves", extra={"index": config.index, "generation": parts.watcher.table.generation})

    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, told, *background}, return_when=asyncio.FIRST_COMPLETED)
    for task in background:
        if task.done():
            logger.error("a background task ended, so the gateway does", exc_info=task.exception())
    parts.proxy.stop()
    parts.streaming.stop(_STREAM_SECONDS)
    server.stop()
    ending = [serving] if grpc is None else [serving, asyncio.create_task(grpc.stop(FINISH_SECONDS))]
    ending.append(asyncio.create_task(parts.deferring.runner.finish()))
    await asyncio.wait(ending, timeout=FINISH_SECONDS)
    finished = serving.done()
    await parts.deferring.runner.abandon()
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    parts.mending.close()
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


def _build(config: GatewayConfig) -> _Parts:
    """Put the parts together; nothing runs yet."""
    counters = Counters(Path(METRICS_FOLDER), config.index)
    recorder = Recorder(
        Path(config.home) / _PREDICTIONS,
        gateway=config.index,
        segment_bytes=config.segment_bytes,
        counted=counters.recorded,
        settling=counters.answered,
    )
    mending = Mending(recorder, counters, Path(config.home) / _PREDICTIONS, config.index)
    host = CountingHost(HOST_SOCKET, counters)
    workers = Workers(host, recorder, config.max_in_flight)
    limiters = Limiters(config.index, config.gateways)
    watcher = TableWatcher(Path(ROUTING_FILE), lambda table: _table_changed(table, workers, limiters))
    bodies, arrow_bodies = Bodies(config.max_body_bytes), _arrow_bodies(config.max_arrow_bytes)
    tracing = _tracing(config, counters)
    open_request = http_requests(bodies, arrow_bodies, config.recorded_arrow_bytes)
    predicting = Predicting(
        watcher=watcher, workers=workers, recorder=recorder, bodies=bodies, open_request=open_request, counters=counters,
        limiters=limiters, tracing=tracing,
    )  # fmt: skip
    deferring = build_deferring(config, predicting, watcher=watcher, workers=workers, counters=counters)
    streaming = Streaming(predicting, workers)
    proxy = Proxy(CONTROL_SOCKET)
    app = App(
        addressing=Addressing(config.allowed_hosts),
        watcher=watcher,
        host=host,
        recorder=recorder,
        predicting=predicting,
        deferring=deferring,
        streaming=streaming,
        metrics=MetricsRoute(counters, HOST_SOCKET, deferring.runner.present),
        proxy=proxy,
    )
    return _Parts(
        app=app, bodies=bodies, deferring=deferring, host=host, mending=mending, predicting=predicting, proxy=proxy,
        recorder=recorder, streaming=streaming, tracing=tracing, watcher=watcher, workers=workers,
    )  # fmt: skip


def _arrow_bodies(limit: int) -> Bodies:
    """They count by themselves, so that one large table does not take the room of ordinary requests."""
    return Bodies(limit, capacity=max(limit, _LEAST_ARROW_CAPACITY), setting="UNSHELF_MAX_ARROW_BYTES")


def _tracing(config: GatewayConfig, counters: Counters) -> Tracing:
    """Traces, with spans where somebody collects them; OpenTelemetry is loaded only then."""
    if not config.otlp_endpoint:
        return Tracing()
    spans = importlib.import_module("unshelf.gateway.spans")
    return Tracing(spans.OtlpSpans(config.otlp_endpoint, config.index, counters.spans_dropped), ratio=config.otlp_ratio)


async def _start_grpc(config: GatewayConfig, parts: _Parts) -> Any:
    """The gRPC server, where one is wanted; its library is loaded only then."""
    if not config.grpc_port:
        return None
    wanted = importlib.import_module("unshelf.gateway.grpc.server")
    server = wanted.GrpcServer(
        parts.predicting, parts.watcher, parts.bodies, ready=parts.app.ready, host=config.grpc_host, port=config.grpc_port,
        max_body_bytes=config.max_body_bytes,
    )  # fmt: skip
    await server.start()
    return server


def _table_changed(table: Table, workers: Workers, limiters: Limiters) -> None:
    logger.info("a new routing table", extra={"generation": table.generation, "models": len(table.models)})
    workers.forget_missing(table)
    limiters.forget_missing(table)


def _stop_signal() -> asyncio.Event:
    """Set by SIGTERM and SIGINT, and when the supervisor is gone: then the lifeline reads end of file."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    def lifeline() -> None:
        if not os.read(_LIFELINE, 4096):
            loop.remove_reader(_LIFELINE)
            stopping.set()

    loop.add_reader(_LIFELINE, lifeline)
    return stopping


def _calm_collector() -> None:
    """Have the garbage collector look less often, and not at what is here to stay: requests make no cycles worth a stop."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 50)


def _allow_many_connections() -> None:
    """Raise the limit on open files to what this process may have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
