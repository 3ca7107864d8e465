"""The pace of background work: small pieces with long rests between them, so that predictions do not feel it.

A low priority alone is not enough: where all cores are busy, the kernel leaves a thread of the gateway waiting behind the work on
one core while another has room for a moment."""

import time
from collections.abc import Callable
from pathlib import Path

from unshelf.records.archive.layout import segments
from unshelf.runtime.segment_reader import is_closed

PIECE_SECONDS = 0.005
"""Work of less than this (processor time) goes on without a rest."""
REST = 4
"""How many times as long as the work before it a rest is: the work takes a fifth of a processor. One less for each closed
segment that waits, down to none, so that their number never grows."""
SMALL_BYTES = 1 << 20
"""Work on less than this is done without rests."""


class Throttle:
    """Rests between pieces of work, `times` as long as each took; begins when it is made.

    `clock` tells the processor time of this process."""

    def __init__(
        self,
        times: float = REST,
        *,
        clock: Callable[[], float] = time.process_time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.times = times
        self._clock = clock
        self._sleep = sleep
        self._begun = clock()

    def rest(self) -> None:
        """Wait in proportion to the work since the last rest; to be called before more work."""
        worked = self._clock() - self._begun
        if worked >= PIECE_SECONDS and self.times:
            self._sleep(self.times * worked)
            self._begun = self._clock()


def no_rest() -> None:
    """Stand in for `Throttle.rest` in work that somebody waits for."""


def pace_for(folder: Path, size: int) -> Throttle:
    """Return the pace of work on `size` bytes of the predictions in `folder`."""
    if size < SMALL_BYTES:
        return Throttle(0)
    waiting = sum(map(is_closed, segments(folder).values()))
    return Throttle(max(REST - waiting, 0))
