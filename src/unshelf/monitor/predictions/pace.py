"""The pace of work behind the scenes: in small pieces with long rests between, so that whoever serves does not feel it.

Priority alone does not do that: where all cores are busy, the kernel leaves a thread of the gateway waiting behind the work on
one core while another has room for a moment."""

import time
from collections.abc import Callable
from pathlib import Path

from unshelf.contracts.records import is_closed
from unshelf.monitor.predictions.archive import segments

PIECE_SECONDS = 0.005
"""Work of less than this (processor time) goes on without a rest."""
REST = 4
"""How many times as long as the work before it a rest is: the work takes a fifth of a processor. One less for each closed
segment that waits, down to none: so there are never more and more of them, and no more haste than that needs."""
SMALL_BYTES = 1 << 20
"""Less than this is done in a moment, without rests."""


class Pace:
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
        """To be called before more work: waits in proportion to the work since the last rest."""
        worked = self._clock() - self._begun
        if worked >= PIECE_SECONDS and self.times:
            self._sleep(self.times * worked)
            self._begun = self._clock()


def no_rest() -> None:
    """In place of `Pace.rest`, for work that somebody waits for."""


def pace_for(folder: Path, size: int) -> Pace:
    """The pace of work on so many bytes of the predictions in `folder`."""
    if size < SMALL_BYTES:
        return Pace(0)
    waiting = sum(map(is_closed, segments(folder).values()))
    return Pace(max(REST - waiting, 0))
