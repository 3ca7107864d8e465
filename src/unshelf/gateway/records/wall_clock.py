"""The machine's clock, and whether it was set."""

import time

from unshelf.runtime.segment_names import SET_BACK_NS


class WallClock:
    """Notices that the clock was set. Look at it every second at least, so that it knows times at which nothing was recorded."""

    def __init__(self) -> None:
        self.latest_ns = time.time_ns()
        """The latest time that it showed since `begin_anew`, in ns of Unix time."""
        self._ahead_ns = self.latest_ns - time.monotonic_ns()

    def was_set_back(self) -> bool:
        """Whether it shows an earlier time than before."""
        now = time.time_ns()
        if now >= self.latest_ns:
            self.latest_ns = now
            return False
        return self.latest_ns - now > SET_BACK_NS

    def begin_anew(self) -> None:
        """Take the time that it shows for the latest."""
        self.latest_ns = time.time_ns()

    def jumped(self) -> bool:
        """Whether it was set, forward or back, since this was asked last."""
        before, self._ahead_ns = self._ahead_ns, time.time_ns() - time.monotonic_ns()
        return abs(self._ahead_ns - before) > SET_BACK_NS
