"""Traffic of versions for decisions: requests and failures of the last week, read from the records of predictions."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.protocols.records import SqlResult

KEPT_SECONDS = 30.0
"""An answer that is no older is given again: one card asks what the next one asks."""
_MOST_MODELS = 200
_SQL = """
select version, count(*), count(*) filter (where status >= 500),
count(*) filter (where time > now()::timestamp - interval '1 day') from predictions
where coalesce(purpose, 'live') in ('live', 'batch') and version > 0 and time > now()::timestamp - interval '7 days'
group by version order by version
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RequestCounts:
    """Requests of one version in the last week."""

    requests: int
    failed: int
    """Requests that were answered with a status of 500 or more."""
    last_day: int
    """Requests of the last day."""


class RecordQueries(Protocol):
    """SQL over the records of predictions."""

    def ask(self, sql: str, *, models: tuple[str, ...] | None, model: str | None) -> SqlResult:
        """Return the rows of one `select` from `predictions`."""


class RecordedTraffic:
    """Reads the traffic of a model's versions. For any thread."""

    def __init__(self, queries: RecordQueries) -> None:
        self._queries = queries
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Mapping[int, RequestCounts] | None]] = {}

    def of(self, model: str) -> Mapping[int, RequestCounts] | None:
        """Return the traffic of each version that had any; None while the records can't be read."""
        with self._lock:
            known = self._known.get(model)
        if known is not None and time.monotonic() - known[0] < KEPT_SECONDS:
            return known[1]
        found = self._read(model)
        with self._lock:
            if len(self._known) >= _MOST_MODELS:
                self._known.clear()
            self._known[model] = (time.monotonic(), found)
        return found

    def _read(self, model: str) -> Mapping[int, RequestCounts] | None:
        try:
            rows = self._queries.ask(_SQL, models=None, model=model).rows
        except UnshelfError as error:
            logger.warning("the traffic of a model can't be read", extra={"model": model, "reason": str(error)})
            return None
        return {
            int(version): RequestCounts(requests=int(requests), failed=int(failed), last_day=int(last_day))
            for version, requests, failed, last_day in rows
        }
