"""The lifeline: standard input, on which the host writes the configuration and whose end means that the host is gone."""

import fcntl
import os
import select
import signal
import threading
import time

GRACE_SECONDS = 60.0


class Lifeline:
    """Takes over file descriptor 0, so that nothing the model does can read or close it."""

    def __init__(self) -> None:
        self.fd = os.dup(0)
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        os.close(empty)

    def read_line(self) -> bytearray:
        """Read the one line that the host writes. Raises EOFError when the host is gone before that."""
        line = bytearray()
        while not line.endswith(b"\n"):
            data = os.read(self.fd, 1 << 16)
            if not data:
                raise EOFError("the host hung up before it said what to do")
            line += data
        return line

    def end_at_once_with_host(self) -> None:
        """For a check: end the process when the host is gone, even while the model hangs in native code.

        The kernel sends SIGIO when the pipe's other end closes; its default action ends the process, wherever it is."""
        signal.signal(signal.SIGIO, signal.SIG_DFL)
        fcntl.fcntl(self.fd, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self.fd, fcntl.F_SETFL, fcntl.fcntl(self.fd, fcntl.F_GETFL) | os.O_ASYNC)
        if self._is_cut(0):  # it closed before the kernel was asked to tell
            os._exit(1)

    def end_soon_after_host(self, *, grace: float = GRACE_SECONDS) -> None:
        """For serving: end the process `grace` seconds after the host is gone, also when a prediction never returns."""
        threading.Thread(target=self._watch, args=(grace,), name="unshelf-lifeline", daemon=True).start()

    def _watch(self, grace: float) -> None:
        if self._is_cut(None):
            time.sleep(grace)
        os._exit(0)

    def _is_cut(self, timeout: float | None) -> bool:
        poll = select.poll()
        poll.register(self.fd, 0)  # of a hang-up one hears without asking, and nothing else is of interest
        return bool(poll.poll(timeout))
