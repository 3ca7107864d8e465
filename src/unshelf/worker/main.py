"""What a worker is started as: `serve` a version, or `check` a bundle."""

import gc
import signal
import socket
import sys
import traceback
from pathlib import Path
from time import perf_counter
from typing import Any

from .checks import check
from .engine import Engine
from .errors import CheckFailed
from .hints import failure_of
from .lifeline import Lifeline
from .loaders import load_model
from .report import Reporter, Usage
from .server import Server


def main(arguments: list[str]) -> int:
    """Run `serve --listen-fd N --report-fd M` or `check --report-fd M`; the exit status."""
    command, options = arguments[0], dict(zip(arguments[1::2], arguments[2::2], strict=True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the supervisor, which ends us in order
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # they are text streams on a log file
    lifeline = Lifeline()
    reporter = Reporter(int(options["--report-fd"]))
    specification = lifeline.read_specification()
    sys.path.append(specification["bundle"])  # last, so that a file of the bundle never hides an installed package
    if command == "check":
        lifeline.end_at_once_with_host()
        return check(specification, reporter)
    return _serve(specification, int(options["--listen-fd"]), lifeline, reporter)


def _serve(specification: dict[str, Any], listen_fd: int, lifeline: Lifeline, reporter: Reporter) -> int:
    listener = socket.socket(fileno=listen_fd)
    listener.set_inheritable(False)
    lifeline.end_soon_after_host()
    signature = specification["signature"]
    started = perf_counter()
    try:
        model = load_model(Path(specification["bundle"]), specification["manifest"]["loader"], signature)
        engine = Engine(
            model,
            signature,
            name=specification["model"],
            version=specification["version"],
            batchable=specification["batchable"],
            max_batch_rows=specification["max_batch_rows"],
            max_batch_bytes=specification["max_batch_bytes"],
        )
    except BaseException as error:  # whatever a model's file raises, the host is to hear of it
        traceback.print_exc()
        failed: CheckFailed = failure_of("load", error)
        reporter.send("failed", step=failed.step, reason=failed.reason, hint=failed.hint, traceback=failed.traceback)
        return 1
    gc.collect()
    gc.freeze()  # the model is here to stay; collections need not look at it again
    server = Server(engine, listener, lifeline.fd, Usage(reporter))
    reporter.send("serving", load_seconds=perf_counter() - started)
    server.run()
    return 0
