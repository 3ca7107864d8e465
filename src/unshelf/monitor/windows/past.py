"""The past of windows that a monitor asks for anew: of predictions and of slices, filled with records that were counted before."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Postponed
from unshelf.monitor.windows.by_count.storing import MOST_KEPT, latest_window, open_windows, store_windows
from unshelf.monitor.windows.by_slice.storing import begin_slice, is_begun, sliced_days, store_slices
from unshelf.monitor.windows.messages import DayCounted, DayOrder
from unshelf.monitor.windows.tables import CountedDayRow, RecordWindowRow

AGAIN_SECONDS = 5.0
_DAY_HOURS = 24

logger = logging.getLogger(__name__)


class Counting(Protocol):
    """The intake, as far as the past needs it."""

    def sizes_of(self, session: Session, model: str, /) -> Collection[int]:
        """Return the sizes of a model's windows of predictions."""

    def slices_of(self, session: Session, model: str, /) -> Collection[str]:
        """Return the slices of a model that are counted."""

    def scratch_order(self, scratch: Path, session: Session, model: str, version: int, day: str) -> DayOrder:
        """Return the order to count a day, without its windows."""

    def order(self, scratch: Path, days: list[DayOrder]) -> list[DayCounted]:
        """Have a process count some days."""


class PastFiller:
    """Fills windows that were never begun, before the first new record is put into them. For one thread."""

    def __init__(self, database: Database, counting: Counting, scratch: Any) -> None:
        """`scratch` makes a folder for what processes need, which ends with its context."""
        self._database = database
        self._counting = counting
        self._scratch = scratch
        self._given_up: set[Missing] = set()
        """Windows that could not be filled, or had no record: they are tried again after a restart."""

    def fill(self, versions: Collection[tuple[str, int]], claim: Claim | None) -> None:
        """Fill the missing windows of versions. Raises Postponed, ClaimLost and DataProblemError."""
        for model, version in sorted(versions):
            with self._database.read() as session:
                missing = _missing(session, model, version, self._counting) if version else None
            if missing is not None and missing not in self._given_up:
                self._fill(missing, claim)
                self._given_up.add(missing)

    def fill_model(self, model: str, claim: Claim | None) -> None:
        """Fill those of all versions of a model that have records."""
        query = select(CountedDayRow.version).where(CountedDayRow.model == model).distinct()
        with self._database.read() as session:
            versions = [(model, version) for version in session.scalars(query)]
        self.fill(versions, claim)

    def _fill(self, missing: "Missing", claim: Claim | None) -> None:
        with self._scratch() as scratch:
            with self._database.read() as session:
                revisions = _revisions(session, missing)
                orders = self._orders(session, missing, scratch, revisions)
            _store(
                self._database, missing, revisions, self._counting.order(scratch, orders), scratch=scratch, claim=claim
            )

    def _orders(self, session: Session, missing: "Missing", scratch: Path, days: Collection[str]) -> list[DayOrder]:
        """Return the orders of a version's days, oldest first: of windows of predictions as many days as the kept ones need."""

        def write(name: str, content: bytes) -> str:
            (scratch / name).write_bytes(content)
            return name

        model, version = missing.model, missing.version
        opened, first = open_windows(session, model, version, missing.sizes, write), _first_day(session, missing)
        found: list[DayOrder] = []
        for day in sorted(days):
            row = session.get_one(CountedDayRow, (model, version, day))
            found.append(
                msgspec.structs.replace(
                    self._counting.scratch_order(scratch, session, model, version, day), past=True, segments=list(row.segments),
                    slices=sliced_days(session, (model, version, day), missing.slices, write),
                    open=[each for each in opened if day >= first.get(each.size, "")],
                )
            )  # fmt: skip
        return found


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Windows of a version that monitors ask for, and that were never begun."""

    model: str
    version: int
    sizes: frozenset[int]
    slices: frozenset[str]


def _missing(session: Session, model: str, version: int, counting: Counting) -> Missing | None:
    """Return what was never begun of a version with counted days; None: nothing."""
    sizes = frozenset(
        size for size in counting.sizes_of(session, model) if latest_window(session, model, version, size) is None
    )
    slices = frozenset(
        slice for slice in counting.slices_of(session, model) if not is_begun(session, model, version, slice)
    )
    found = Missing(model=model, version=version, sizes=sizes, slices=slices)
    return found if (sizes or slices) and _revisions(session, found) else None


def _store(
    database: Database, missing: Missing, revisions: dict[str, int], done: list[DayCounted], *, scratch: Path, claim: Claim | None
) -> None:  # fmt: skip
    """Store all of it in one transaction. Raises Postponed where something was counted meanwhile, and ClaimLost."""
    model, version = missing.model, missing.version
    if any(each.again for each in done):
        raise Postponed("Files were merged or moved while they were read.", seconds=AGAIN_SECONDS)
    problem = next((each.problem for each in done if each.problem), "")
    if problem:
        logger.error(
            "the past of windows can't be filled", extra={"model": model, "version": version, "reason": problem}
        )
        done = []
    with database.transaction() as session:
        if claim is not None:
            claim.require(session)
        if _revisions(session, missing) != revisions:
            raise Postponed("Records were counted meanwhile.", seconds=AGAIN_SECONDS)
        for day in done:
            store_windows(session, model, version, day.of_predictions, lambda name: (scratch / name).read_bytes())
            store_slices(session, model, version, day.slices, lambda name: (scratch / name).read_bytes())
        for slice in missing.slices:
            begin_slice(session, model, version, slice)


def _revisions(session: Session, missing: Missing) -> dict[str, int]:
    """Return by day how often its windows were stored: what was read is only stored where that is still so."""
    row = CountedDayRow
    query = select(row.day, row.revision).where(row.model == missing.model, row.version == missing.version)
    return {day: revision for day, revision in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def _first_day(session: Session, missing: Missing) -> dict[int, str]:
    """Return for each size the oldest day whose records are in windows that are kept."""
    row = RecordWindowRow
    query = select(row.start, func.sum(row.requests)).where(
        row.model == missing.model, row.version == missing.version, row.hours == _DAY_HOURS
    )  # fmt: skip
    days = session.execute(query.group_by(row.start).order_by(row.start.desc())).all()
    found: dict[int, str] = {}
    for size in missing.sizes:
        total = 0
        for start, requests in days:
            total += int(requests)
            found[size] = start.date().isoformat()
            if total >= size * MOST_KEPT:
                break
    return found
