"""Entry point of a worker: `serve` a version, `check` a bundle, or the `zygote` that workers are forked from."""

import gc
import os
import signal
import socket
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from .checks.run import check
from .delayed_batching import DelayedBatchingEngine, DelayedBatchingServer
from .engine import Engine
from .errors import hide
from .hints import failure_of
from .loaders import load_model
from .loaders.entry_point import make_importable
from .model import LoadedModel
from .outputs import ROWS
from .process.config import Configuration, read_worker_config, read_zygote_config
from .process.lifeline import Lifeline
from .process.limits import ProcessLimits
from .process.listening import address_of, inherited, listen
from .process.output import name_replica, stamp_output
from .process.refusals import explain_refusals
from .process.report import Reporter, Usage
from .process.zygote import ZygoteServer
from .server import Server

_LEAST_PATIENCE = 10.0
"""The host waits for the version's timeout, and at least this long, before it kills a worker that it asked to stop."""
_CLEANUP_SECONDS = 4.0
"""The part of that time in which generators are closed and the last answers sent."""
_KEPT_SHARE = 1 / 8
"""The share of the tier's memory that may be kept between requests for large inputs."""


def main(arguments: list[str]) -> int:
    """Run as the arguments say and return the exit status.

    `serve --listen-fd N --report-fd M` (or `--listen ADDRESS`), `check --report-fd M` or `zygote --control-fd N`."""
    command, options = arguments[0], dict(zip(arguments[1::2], arguments[2::2], strict=True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the supervisor, which ends us in order
    stamp_output()
    lifeline = Lifeline()
    if command == "zygote":
        return _run_zygote(lifeline, int(options["--control-fd"]))
    reporter = Reporter(int(options["--report-fd"]))
    config = read_worker_config(lifeline.read_line())
    name_replica(config.replica)
    hide(config.secret_values)
    os.environ.update(config.variables)
    make_importable(Path(config.bundle))
    if config.granted is not None:
        explain_refusals(config.granted, config.model, reporter.refused)
    if command == "check":
        lifeline.end_at_once_with_host()
        return _check(config, reporter)
    if "--listen" in options:
        return _serve(config, listen(options["--listen"]), lifeline, reporter)
    return _serve(config, inherited(int(options["--listen-fd"])), lifeline, reporter)


def _check(config: Configuration, reporter: Reporter) -> int:
    """Check under the limits under which it would serve; without any where the host gives none."""
    limits = ProcessLimits()
    limits.begin(config.limits)
    limits.finish()
    return check(config, reporter, out_of_memory=partial(_end_out_of_memory, reporter, limits))


def _run_zygote(lifeline: Lifeline, control_fd: int) -> int:
    """Be a zygote; a forked child comes out of it as a worker."""
    zygote = read_zygote_config(lifeline.read_line())
    os.environ.update(zygote.variables)
    control = socket.socket(fileno=control_fd)
    control.set_inheritable(False)
    child = ZygoteServer(control, zygote.modules, zygote.kinds).run()
    os.close(lifeline.fd)
    if child is None:
        return 0
    lifeline = Lifeline()
    config = read_worker_config(lifeline.read_line())
    name_replica(config.replica)
    hide(config.secret_values)
    os.environ.update(config.variables)
    make_importable(Path(config.bundle))
    reporter = Reporter(child.report_fd)
    if config.granted is not None:
        explain_refusals(config.granted, config.model, reporter.refused)
    return _serve(config, inherited(child.listen_fd), lifeline, reporter)


def _serve(config: Configuration, listener: socket.socket, lifeline: Lifeline, reporter: Reporter) -> int:
    limits = ProcessLimits()
    limits.begin(config.limits)
    lifeline.end_soon_after_host()
    started = perf_counter()
    try:
        model = load_model(Path(config.bundle), config.manifest["loader"], config.signature)
        engine = _engine(model, config, partial(_end_out_of_memory, reporter, limits))
    except BaseException as error:  # whatever a model's file raises, the host is to hear of it
        traceback.print_exc()
        if limits.memory_by_rlimit and isinstance(error, MemoryError):
            reporter.out_of_memory()
        reporter.failed(failure_of("load", error, config.model))
        return 1
    gc.collect()
    gc.freeze()  # the model is here to stay; collections need not look at it again
    limits.finish()
    patience = max(_LEAST_PATIENCE, config.timeout)
    usage, stream_seconds = Usage(reporter), patience - _CLEANUP_SECONDS
    if isinstance(engine, DelayedBatchingEngine):
        server: Server = DelayedBatchingServer(engine, listener, lifeline.fd, usage, stream_seconds=stream_seconds)
    else:
        server = Server(
            engine, listener, lifeline.fd, usage, stream_seconds=stream_seconds,
            busy_poll=config.busy_poll,
        )  # fmt: skip
    reporter.serving(load_seconds=perf_counter() - started, limits=limits.held, address=address_of(listener))
    server.run()
    return 0


def _engine(model: LoadedModel, config: Configuration, out_of_memory: Callable[[], None]) -> Engine:
    """Put the model behind all protocols; it waits for fuller batches only where the configuration says so."""
    arguments: dict[str, Any] = {
        "name": config.model,
        "version": config.version,
        "output": config.manifest.get("output", ROWS),
        "batchable": config.batchable,
        "max_batch_rows": config.max_batch_rows,
        "max_batch_bytes": config.max_batch_bytes,
        "timeout": config.timeout,
        "out_of_memory": out_of_memory,
        "kept_bytes": int(config.limits.memory_bytes * _KEPT_SHARE),
    }
    signature = config.signature or {}  # a version that is served has one
    if config.batch_wait_seconds and config.batchable:
        return DelayedBatchingEngine(model, signature, wait_seconds=config.batch_wait_seconds, **arguments)
    return Engine(model, signature, **arguments)


def _end_out_of_memory(reporter: Reporter, limits: ProcessLimits) -> None:
    """Where a limit refuses memory instead of ending the process, end as the system would: at once, for all requests alike."""
    if not limits.memory_by_rlimit:
        return
    reporter.out_of_memory()
    os.kill(os.getpid(), signal.SIGKILL)
