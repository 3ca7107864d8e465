"""What a worker is started as: `serve` a version, `check` a bundle, or the `zygote` that workers are forked from."""

import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from .checks import check
from .engine import Engine
from .errors import CheckFailed
from .gathering import GatheringEngine, GatheringServer
from .hints import failure_of
from .lifeline import Lifeline
from .limits import Limits
from .loaders import load_model
from .model import Model
from .report import Reporter, Usage
from .server import Server
from .zygote import Zygote

_LEAST_PATIENCE = 10.0
_USUAL_TIMEOUT = 30.0
"""The host waits for the version's timeout, and at least so long, before it kills a worker that was told to stop."""
_CLEANUP_SECONDS = 4.0
"""What is kept of that for generators to be closed, and for the last answers to be sent."""
_KEPT_SHARE = 1 / 8
"""Of the tier's memory: what may be kept between requests for large inputs."""


def main(arguments: list[str]) -> int:
    """Run `serve --listen-fd N --report-fd M`, `check --report-fd M` or `zygote --control-fd N`; the exit status."""
    command, options = arguments[0], dict(zip(arguments[1::2], arguments[2::2], strict=True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the supervisor, which ends us in order
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # they are text streams on a log file
    lifeline = Lifeline()
    if command == "zygote":
        return _hatch_workers(lifeline, int(options["--control-fd"]))
    reporter = Reporter(int(options["--report-fd"]))
    specification = lifeline.read_specification()
    sys.path.append(specification["bundle"])  # last, so that a file of the bundle never hides an installed package
    if command == "check":
        lifeline.end_at_once_with_host()
        return _check(specification, reporter)
    return _serve(specification, int(options["--listen-fd"]), lifeline, reporter)


def _check(specification: dict[str, Any], reporter: Reporter) -> int:
    """Check under the limits under which it would serve; without any where the host gives none."""
    limits = Limits()
    limits.begin(specification.get("limits", {}))
    limits.finish()
    return check(specification, reporter, out_of_memory=partial(_end_out_of_memory, reporter, limits))


def _hatch_workers(lifeline: Lifeline, control_fd: int) -> int:
    """Be a zygote; a forked child comes out of it as a worker."""
    specification = lifeline.read_specification()
    control = socket.socket(fileno=control_fd)
    control.set_inheritable(False)
    hatched = Zygote(control, specification["modules"], specification["kinds"]).run()
    os.close(lifeline.fd)
    if hatched is None:
        return 0
    lifeline = Lifeline()
    specification = lifeline.read_specification()
    sys.path.append(specification["bundle"])
    return _serve(specification, hatched.listen_fd, lifeline, Reporter(hatched.report_fd))


def _serve(specification: dict[str, Any], listen_fd: int, lifeline: Lifeline, reporter: Reporter) -> int:
    limits = Limits()
    limits.begin(specification.get("limits", {}))
    listener = socket.socket(fileno=listen_fd)
    listener.set_inheritable(False)
    lifeline.end_soon_after_host()
    signature = specification["signature"]
    started = perf_counter()
    try:
        model = load_model(Path(specification["bundle"]), specification["manifest"]["loader"], signature)
        engine = _engine(model, specification, partial(_end_out_of_memory, reporter, limits))
    except BaseException as error:  # whatever a model's file raises, the host is to hear of it
        traceback.print_exc()
        if limits.memory_by_rlimit and isinstance(error, MemoryError):
            reporter.send("out_of_memory")
        failed: CheckFailed = failure_of("load", error)
        reporter.send("failed", step=failed.step, reason=failed.reason, hint=failed.hint, traceback=failed.traceback)
        return 1
    gc.collect()
    gc.freeze()  # the model is here to stay; collections need not look at it again
    limits.finish()
    patience = max(_LEAST_PATIENCE, specification["manifest"].get("timeout", _USUAL_TIMEOUT))
    usage, stream_seconds = Usage(reporter), patience - _CLEANUP_SECONDS
    if isinstance(engine, GatheringEngine):
        server: Server = GatheringServer(engine, listener, lifeline.fd, usage, stream_seconds=stream_seconds)
    else:
        server = Server(
            engine, listener, lifeline.fd, usage, stream_seconds=stream_seconds,
            may_look=specification.get("may_look", False),
        )  # fmt: skip
    reporter.send("serving", load_seconds=perf_counter() - started, limits=limits.held)
    server.run()
    return 0


def _engine(model: Model, specification: dict[str, Any], out_of_memory: Callable[[], None]) -> Engine:
    """The model behind all protocols; it waits for fuller batches only where the specification says so."""
    arguments = {
        "name": specification["model"],
        "version": specification["version"],
        "batchable": specification["batchable"],
        "max_batch_rows": specification["max_batch_rows"],
        "max_batch_bytes": specification["max_batch_bytes"],
        "out_of_memory": out_of_memory,
        "kept_bytes": int(specification.get("limits", {}).get("memory_bytes", 0) * _KEPT_SHARE),
    }
    wait = specification.get("batch_wait_seconds", 0.0)
    if wait and specification["batchable"]:
        return GatheringEngine(model, specification["signature"], wait_seconds=wait, **arguments)
    return Engine(model, specification["signature"], **arguments)


def _end_out_of_memory(reporter: Reporter, limits: Limits) -> None:
    """Where a limit refuses memory instead of ending the process, end as the system would: at once, for all requests alike."""
    if not limits.memory_by_rlimit:
        return
    reporter.send("out_of_memory")
    os.kill(os.getpid(), signal.SIGKILL)
