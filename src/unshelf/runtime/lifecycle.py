"""The life of a child process of `up`: its file limit, and the signals and the lifeline that end it.

The lifeline is the child's standard input, a pipe whose other end the parent holds open: end of file means that the parent
is gone, however it ended."""

import asyncio
import logging
import os
import resource
import signal
import threading
from collections.abc import Callable

_LIFELINE_FD = 0
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
LEAVE_SIGNAL = signal.SIGUSR1
"""Asks a gateway or a host to leave its work to the one that takes its place."""

logger = logging.getLogger(__name__)


def raise_file_limit() -> None:
    """Raise the limit on open files to what the system allows this process: connections and workers are files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def forbid_core_dumps() -> None:
    """Have the system write no core dumps of this process and of those that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


class StopEvent(asyncio.Event):
    """The end of a process is wanted."""

    is_asked_for = False
    """Whether a signal asked for it; else the parent is gone."""


def stop_event(on_stop: Callable[[], None] | None = None, *, lifeline: bool = True) -> StopEvent:
    """Return an event that SIGTERM, SIGINT and the end of the parent set. `on_stop` is called each time, too.

    For a process that is ended by `terminate_with_parent` already, `lifeline` is False."""
    stopping = StopEvent()
    loop = asyncio.get_running_loop()

    def asked() -> None:
        stopping.is_asked_for = True
        stop()

    def stop() -> None:
        stopping.set()
        if on_stop is not None:
            on_stop()

    def read_lifeline() -> None:
        if not os.read(_LIFELINE_FD, 4096):
            loop.remove_reader(_LIFELINE_FD)
            logger.info("the parent process is gone")
            stop()

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, asked)
    if lifeline:
        loop.add_reader(_LIFELINE_FD, read_lifeline)
    return stopping


def leave_event() -> asyncio.Event:
    """Return an event that LEAVE_SIGNAL sets: another process takes this one's place."""
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(LEAVE_SIGNAL, leaving.set)
    return leaving


def terminate_with_parent() -> None:
    """Send this process SIGTERM when its parent is gone: for one that works before it has an event loop."""
    threading.Thread(target=_terminate_at_end_of_lifeline, name="lifeline", daemon=True).start()


def _terminate_at_end_of_lifeline() -> None:
    while os.read(_LIFELINE_FD, 4096):
        pass
    logger.info("the parent process is gone")
    os.kill(os.getpid(), signal.SIGTERM)
