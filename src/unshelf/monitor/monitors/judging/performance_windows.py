"""Quality as monitors of performance read it: sums and estimates of a version's window or slice, and which windows have changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.monitor.monitors.judging.performance_checks import MeasuredWindow, OwnValue
from unshelf.monitor.monitors.monitor import Monitor, PerformanceMeasure, Span
from unshelf.monitor.performance.custom.results import read_values
from unshelf.monitor.performance.custom.service import current, definition_of
from unshelf.monitor.performance.custom.tables import CustomMetricDayRow, CustomMetricRow
from unshelf.monitor.performance.estimated import estimate_sums, sums_before
from unshelf.monitor.performance.estimates.estimate import estimate_of
from unshelf.monitor.performance.sums import QualitySums, from_plain, summed
from unshelf.monitor.performance.tables import QualityWindowRow

_BEFORE = timedelta(days=90)
"""The time before a window that it is held against, where the reference is the usual one."""
_WORSE = {"higher": "below", "lower": "above"}
_NO_LOSSES = "the error of quantities is estimated of all rows together, not of slices."
_FEW_IN_SLICE = "too few rows of the slice before it have a label to calibrate the model's confidence there, or no scores are recorded."


@dataclass(frozen=True, kw_only=True)
class ChangedQuality:
    """An hour of a version's predictions whose sums have changed."""

    model: str
    version: int
    start: datetime
    changed_at: datetime
    own: bool = False
    """Whether it is a day whose values of metrics of the model's own changed."""


class PerformanceWindows:
    """Reads quality for monitors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def window(self, model: str, version: int, span: Span, measure: PerformanceMeasure) -> MeasuredWindow:
        """Return a window, with its estimate where that is wanted."""
        with self._database.read() as session:
            hours = _hours(session, model, version, span, measure.slice)
            before = sums_before(session, model, span.since, measure.slice) if measure.estimated else []
            custom = _own(session, model, version, span, measure)
        total = summed(sums for _, sums in hours)
        own = [estimate_sums(version, start, sums) for start, sums in hours]
        estimate = estimate_of(own, before) if measure.estimated else None
        missing = ""
        if measure.slice and estimate is None:
            missing = _NO_LOSSES if total.numbers is not None else _FEW_IN_SLICE
        return MeasuredWindow(total, estimate, missing, custom)

    def reference(self, monitor: Monitor, version: int, span: Span) -> tuple[MeasuredWindow, str]:
        """Return the predictions that a window is held against, and a few words on them."""
        if monitor.reference == "previous":
            return self._labelled(monitor, version, span.before()), "the window before"
        if monitor.reference != "baseline":
            number = int(monitor.reference.removeprefix("version:"))
            return self._labelled(monitor, number, span), f"version {number}"
        return self._labelled(monitor, version, Span(span.since - _BEFORE, span.since)), "the ninety days before"

    def changed_since(self, moment: datetime) -> Sequence[ChangedQuality]:
        """Return the hours whose sums changed at a moment or later, and the days of metrics, those that changed first first."""
        row = QualityWindowRow
        query = (
            select(row.model, row.version, row.start, row.changed_at)
            .where(row.changed_at >= moment)
            .order_by(row.changed_at)
        )
        day = CustomMetricDayRow
        days = select(day.model, day.version, day.day, day.evaluated_at).where(day.evaluated_at >= moment)
        with self._database.read() as session:
            found = [
                ChangedQuality(model=model, version=version, start=start, changed_at=at)
                for model, version, start, at in session.execute(query)
            ]
            found += [
                ChangedQuality(model=model, version=version, start=_beginning(text), changed_at=at, own=True)
                for model, version, text, at in session.execute(days)
            ]
        return sorted(found, key=lambda each: each.changed_at)

    def has_rows(self, model: str, version: int, span: Span) -> bool:
        """Whether a window of a version has predictions that were joined."""
        row = QualityWindowRow
        query = select(row.start).where(
            row.model == model, row.version == version, row.start >= span.since, row.start < span.until
        )
        with self._database.read() as session:
            return session.scalar(query.limit(1)) is not None

    def _labelled(self, monitor: Monitor, version: int, span: Span) -> MeasuredWindow:
        with self._database.read() as session:
            hours = _hours(session, monitor.model, version, span, monitor.measure.slice)
            own = _own(session, monitor.model, version, span, monitor.measure)
        return MeasuredWindow(summed(sums for _, sums in hours), own=own)


def _own(session: Session, model: str, version: int, span: Span, measure: PerformanceMeasure) -> OwnValue | None:
    """Return the value of a metric of the model's own; None: the measure is another one."""
    if not measure.is_own:
        return None
    metric = next((each for each in current(session, model) if each.name == measure.metric), None)
    if metric is None:
        return OwnValue(None, problem=f"The model has no metric {measure.metric} any more.")
    values = read_values(session, model, span.since, span.until)
    found = values.metrics(version=version, slice=measure.slice)
    value = next((each for each in found if each.name == measure.metric), None)
    worse = measure.worse or _WORSE.get(definition_of(metric).better, "")
    problem = "" if value is not None else _problem(session, metric, version, span)
    return OwnValue(value, values.labelled(measure.metric, version, measure.slice), worse, problem)


def _problem(session: Session, metric: CustomMetricRow, version: int, span: Span) -> str:
    """Return why the newest day of a window has no value; empty: that is not known."""
    row = CustomMetricDayRow
    query = select(row.problem).where(
        row.model == metric.model, row.version == version, row.metric == metric.name, row.number == metric.number,
        row.day >= span.since.date().isoformat(), row.day <= (span.until - timedelta(microseconds=1)).date().isoformat(),
    )  # fmt: skip
    said = session.scalar(query.where(row.problem != "").order_by(row.day.desc()).limit(1))
    return f"The metric {metric.name} could not be evaluated: {said}" if said else ""


def _beginning(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _hours(session: Session, model: str, version: int, span: Span, slice: str) -> list[tuple[datetime, QualitySums]]:
    row = QualityWindowRow
    query = (
        select(row.start, row.sums)
        .where(row.model == model, row.version == version, row.start >= span.since, row.start < span.until)
        .order_by(row.start)
    )
    return [(start, from_plain({slice: sums[slice]})[slice]) for start, sums in session.execute(query) if slice in sums]
