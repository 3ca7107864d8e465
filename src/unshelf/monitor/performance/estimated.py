"""Estimated quality: what the sums of hours say of windows whose labels are still to come, and of how earlier estimates turned out."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.estimates.estimate import Estimate, EstimateSums, estimate_of, over_all
from unshelf.monitor.performance.estimates.missing import missing_for_estimates
from unshelf.monitor.performance.quality import EstimatedQuality
from unshelf.monitor.performance.sums import QualitySums, from_plain
from unshelf.monitor.performance.tables import QualityWindowRow

LEARNED = timedelta(days=60)
"""How far before a range the labels lie that its estimates are learned from."""


def estimate_sums(version: int, start: datetime, sums: QualitySums) -> EstimateSums:
    """Return the part of an hour's sums that estimates follow from."""
    return EstimateSums(
        version=version, start=start, confidence=sums.confidence, losses=sums.losses, labelled=sums.labelled
    )


def sums_before(session: Session, model: str, since: datetime, slice: str = "") -> list[EstimateSums]:
    """Return the sums of the hours before a range that its estimates are learned from, oldest first. `slice`: of its rows alone."""
    found = []
    for row in _hours_before(session, model, since):
        sums = from_plain({slice: row.sums.get(slice, {})})[slice]
        found.append(estimate_sums(row.version, row.start, sums))
    return found


def slice_sums_before(session: Session, model: str, since: datetime) -> dict[str, list[EstimateSums]]:
    """Return the same by slice, in one pass; empty text: all rows."""
    found: dict[str, list[EstimateSums]] = {"": []}
    for row in _hours_before(session, model, since):
        for name, sums in from_plain({"": {}, **row.sums}).items():
            found.setdefault(name, []).append(estimate_sums(row.version, row.start, sums))
    return found


def _hours_before(session: Session, model: str, since: datetime) -> Iterable[QualityWindowRow]:
    row = QualityWindowRow
    query = select(row).where(row.model == model, row.start >= since - LEARNED, row.start < since)
    return session.scalars(query.order_by(row.start))


def estimates_by(
    hours: Iterable[EstimateSums], before: Sequence[EstimateSums], step_of: Callable[[datetime], datetime]
) -> dict[datetime, Estimate]:
    """Return the estimate of each step that has one, learned from all hours before it. `step_of`: the step that an hour is of."""
    parts: dict[datetime, list[EstimateSums]] = {}
    for each in hours:
        parts.setdefault(step_of(each.start), []).append(each)
    found: dict[datetime, Estimate] = {}
    earlier = list(before)
    for start in sorted(parts):
        estimate = estimate_of(parts[start], earlier)
        if estimate is not None:
            found[start] = estimate
        earlier += parts[start]
    return found


def estimated_quality(
    estimates: Sequence[Estimate], roles: ColumnRoles, learned: Sequence[EstimateSums]
) -> EstimatedQuality:
    """Return estimates with how they turned out. `learned`: the hours that could have been learned from."""
    held = [each.held for each in estimates if each.held is not None]
    return EstimatedQuality(
        total=over_all(estimates), held=len(held), inside=sum(each.is_inside for each in held),
        error=sum(abs(each.expected - each.truth) for each in held) / len(held) if held else None,
        missing="" if estimates else missing_for_estimates(roles, learned),
    )  # fmt: skip
