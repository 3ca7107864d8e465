"""Dividing what versions used among their callers: by the time that their predictions took, as the records have it.

Gateways take no part in it, so that it costs no prediction anything. A prediction that shared a batch counts with the batch's time;
together predictions never count more than was held. What is left was kept warm for nobody, and is the project's."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.manage.usage.tables import UsageHourRow, UsagePredictionRow, UsageUnsharedRow
from unshelf.manage.usage.usage import HOUR

logger = logging.getLogger(__name__)

_SETTLED_HOURS = 1
"""Records of an hour are complete when another one has passed."""
MOST_CALLERS = 100_000


_CALLS = """
select cast(floor(epoch(time) / 3600) as bigint) as hour, model, version, purpose, key, count(*), sum(coalesce(predict_ms, 0)) / 1000.0
from predictions where time >= timestamp '{}' and time < timestamp '{}' and version > 0 group by all order by all
"""


@dataclass(frozen=True, kw_only=True)
class Called:
    """Predictions of one hour, version, purpose and caller."""

    hour: int
    model: str
    version: int
    purpose: str
    caller: str
    predictions: int
    seconds: float
    """How long they took to predict, together."""


ReadCalls = Callable[[int, int], Sequence[Called]]
"""Reads the predictions from one hour on, up to another."""


class UsageSharing:
    """Divides the hours that were noted. Each division replaces the one before, so that doing it again changes nothing."""

    def __init__(self, database: Database, read: ReadCalls, name_of: Callable[[str], str]) -> None:
        """`name_of`: the name of a key, or of a token's owner, by the id."""
        self._database = database
        self._read = read
        self._name_of = name_of
        self._lock = threading.Lock()

    def share(self) -> int:
        """Divide what was used in the hours that wait for it; how many."""
        with self._lock:
            with self._database.read() as session:
                hours = sorted(session.scalars(select(UsageUnsharedRow.hour)))
            if not hours:
                return 0
            called = self._read(hours[0], hours[-1] + 1)
            names = {each.caller: self._name_of(each.caller) if each.caller else "" for each in called}
            with self._database.transaction() as session:
                for hour in hours:
                    _share_hour(session, hour, [each for each in called if each.hour == hour], names)
                settled = int(time.time()) // HOUR - _SETTLED_HOURS
                session.execute(delete(UsageUnsharedRow).where(UsageUnsharedRow.hour < settled))
            return len(hours)


def _share_hour(session: Session, hour: int, called: Sequence[Called], names: dict[str, str]) -> None:
    session.execute(delete(UsagePredictionRow).where(UsagePredictionRow.hour == hour))
    sums = [
        func.sum(column)
        for column in (
            UsageHourRow.cpu_seconds, UsageHourRow.memory_gib_seconds, UsageHourRow.held_seconds, UsageHourRow.gpu_seconds,
            UsageHourRow.cost,
        )
    ]  # fmt: skip
    rows = session.execute(
        select(UsageHourRow.model, UsageHourRow.version, func.max(UsageHourRow.project), func.max(UsageHourRow.tier), *sums)
        .where(UsageHourRow.hour == hour, UsageHourRow.kind == "worker")
        .group_by(UsageHourRow.model, UsageHourRow.version)
    )  # fmt: skip
    used = {(str(row[0]), int(row[1])): tuple(row)[2:] for row in rows}
    seconds: dict[tuple[str, int], float] = {}
    for each in called:
        key = each.model, each.version
        seconds[key] = seconds.get(key, 0.0) + each.seconds
    for each in called:
        key = each.model, each.version
        if key not in used:
            continue
        project, tier, cpu, memory, held, gpu, cost = used[key]
        share = each.seconds / seconds[key] if seconds[key] > 0 else 0.0
        # Of what was held, the time in which it predicted; of the CPU time all, since only predictions use it.
        of_held = each.seconds / max(held, seconds[key]) if max(held, seconds[key]) > 0 else 0.0
        session.add(
            UsagePredictionRow(
                hour=hour, model=each.model, version=each.version, purpose=each.purpose, caller=each.caller,
                project=project, tier=tier, name=names.get(each.caller, "")[:200], predictions=each.predictions,
                cpu_seconds=cpu * share, memory_gib_seconds=memory * of_held, held_seconds=held * of_held,
                gpu_seconds=gpu * of_held, cost=cost * of_held,
            )
        )  # fmt: skip


def calls_query(first: int, end: int) -> str:
    """Return the SQL that reads the predictions of these hours from the records."""
    moments = (datetime.fromtimestamp(hour * HOUR, UTC).strftime("%Y-%m-%d %H:%M:%S") for hour in (first, end))
    return _CALLS.format(*moments)


def called_from(rows: Sequence[Sequence[object]]) -> list[Called]:
    """Read the answer to `calls_query`."""
    if len(rows) >= MOST_CALLERS:
        logger.error("more callers than use can be divided among", extra={"callers": len(rows)})
    return [
        Called(
            hour=int(str(hour)), model=str(model), version=int(str(version)), purpose=str(purpose or "live"),
            caller=str(caller or "")[:64], predictions=int(str(predictions)), seconds=float(str(seconds)),
        )
        for hour, model, version, purpose, caller, predictions, seconds in rows
    ]  # fmt: skip
