"""Work in the background: a process that gives way to all that somebody waits for.

Where the kernel groups processes by session, a niceness counts only among those of one session; the session as a whole has another, which
is in /proc/self/autogroup (sched(7), "The autogroup feature"). So a process in the background leads a session of its own."""

import contextlib
import os
import time
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")
_TRIES = 3
_AGAIN_SECONDS = 0.11
"""The kernel takes a new niceness of a session from users other than root every tenth of a second, all users together."""


def run_in_background(niceness: int) -> None:
    """Lower the priority of this process and of all that it starts, 1 to 19. A second call lowers it further."""
    os.nice(niceness)
    with contextlib.suppress(PermissionError):  # it leads a session already, or a group of processes within one
        os.setsid()
    if os.getsid(0) == os.getpid():
        _lower_session(os.getpriority(os.PRIO_PROCESS, 0))


def _lower_session(niceness: int) -> None:
    for _ in range(_TRIES):
        try:
            _AUTOGROUP.write_text(str(niceness))
        except BlockingIOError:
            time.sleep(_AGAIN_SECONDS)
        except OSError:  # a kernel without sessions' niceness
            return
        else:
            return
