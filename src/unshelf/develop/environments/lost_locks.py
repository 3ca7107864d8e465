"""Locks that the host can't read any more, brought from the database, so that it makes their environments again."""

import logging

from unshelf.contracts.errors import UnshelfError
from unshelf.develop.environments.tables import EnvironmentRow
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.loops.loops import PeriodicLoop

_EVERY_SECONDS = 20.0

logger = logging.getLogger(__name__)


class LockRecovery:
    """Asks the host which locks it lacks, and gives them."""

    def __init__(self, database: Database, host: HostLink) -> None:
        self._database = database
        self._host = host

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name="lost-locks", act=self.look, every=_EVERY_SECONDS, retry=_EVERY_SECONDS)

    def look(self) -> None:
        """Look once."""
        try:
            lost = self._host.lost_locks()
        except UnshelfError:  # the host is starting, or down
            return
        for hash in lost:
            with self._database.read() as session:
                row = session.get(EnvironmentRow, hash)
                known = None if row is None else (row.lock, row.python)
            if known is None:
                logger.error("the lock of an environment is in no place", extra={"environment": hash})
                continue
            self._host.give_lock(hash, *known)
            logger.warning("an environment's lock was brought from the database", extra={"environment": hash})
