"""The loop that keeps the event log up to date: refusals are written, and new events get their place in the chain."""

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.foundation.loops.loops import PeriodicLoop

_SECONDS = 0.25


class EventWriter:
    """Runs in every control: refusals are counted in each, and whichever comes first closes the chain."""

    def __init__(self, database: Database, refusals: RefusalLog) -> None:
        self._database = database
        self._refusals = refusals
        self._mark: object = None
        """The database's mark before the chain was closed last."""

    def loop(self) -> PeriodicLoop:
        """Describe the loop that writes what is due."""
        return PeriodicLoop(name="events", act=self._write, every=_SECONDS, retry=_SECONDS, everywhere=True)

    def finish(self) -> None:
        """Write everything that was counted so far, once the loop has ended. Raises what the database raises."""
        self._refusals.flush(everything=True)
        close_chain(self._database)

    def _write(self) -> None:
        self._refusals.flush()
        mark = self._database.change_mark()
        if mark != self._mark:
            close_chain(self._database)
            self._mark = mark
