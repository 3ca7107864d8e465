"""The first process of a container (PID 1): the kernel gives it every orphan, and it alone can reap them.

The server runs in a child, so that what is reaped is never a process that the server itself waits for."""

import logging
import os
import signal
from collections.abc import Callable
from types import FrameType

_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT)

logger = logging.getLogger(__name__)


def run_reaping(serve: Callable[[], int]) -> int:
    """Run the server and return its exit status; as the first process, in a child, while this one reaps what is orphaned."""
    if os.getpid() != 1:
        return serve()
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)  # one that comes now is passed on as soon as there is somebody
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        return serve()
    return reap_until_end(child)


def reap_until_end(child: int) -> int:
    """Pass signals on to the child and reap all that end, until the child does; returns its exit status, as a shell tells it."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code
