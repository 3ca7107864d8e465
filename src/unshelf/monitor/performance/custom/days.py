"""Days of custom metrics: what tells that one changed, what its job found, and the row that is kept of it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.clock import now
from unshelf.monitor.performance.custom.messages import DayRowsWritten
from unshelf.monitor.performance.custom.metric import DayFound, DaysFound
from unshelf.monitor.performance.custom.tables import CustomMetricDayRow, CustomMetricRow
from unshelf.monitor.performance.tables import QualityWindowRow

LOOKED_BACK = timedelta(days=97)
"""Days before this are not evaluated: those of the window that alerts compare, and of the one before."""
MOST_TEXT = 1000


def stamps_of(session: Session, model: str, since: datetime) -> dict[tuple[int, str], str]:
    """Return by version and day, from a moment on, what tells whether the sums of the day are still those that were evaluated."""
    query = select(QualityWindowRow.version, QualityWindowRow.start, QualityWindowRow.changed_at).where(
        QualityWindowRow.model == model, QualityWindowRow.start >= since
    )
    latest: dict[tuple[int, str], datetime] = {}
    for version, start, changed_at in session.execute(query):
        key = (version, start.astimezone(UTC).date().isoformat())
        latest[key] = max(latest.get(key, changed_at), changed_at)
    return {key: moment.astimezone(UTC).isoformat() for key, moment in latest.items()}


def found_by(job: JobRow | None) -> tuple[dict[str, DayFound], str]:
    """Return what the job of a metric found by day, read as a stranger's, and why there is nothing of the other days."""
    if job is None:
        return {}, "Its job is gone."
    if job.state != "succeeded":
        why = job.reason or f"It {job.state.replace('_', ' ')}."
        return {}, f"The job that evaluates it did not end well: {why}"[:MOST_TEXT]
    try:
        days = msgspec.convert(job.results or {}, DaysFound).days
    except msgspec.ValidationError as error:
        return {}, f"The job left values that can't be read: {error}."[:MOST_TEXT]
    return {day.day: day for day in days}, ""


def facts_of(stamp: str, facts: DayRowsWritten) -> dict[str, Any]:
    """Return what a run keeps of a day."""
    return {"stamp": stamp, "labelled": facts.labelled, "used": facts.used, "left_out": facts.left_out}


def day_row(
    metric: CustomMetricRow, version: int, day: str, stamp: str, *, found: DayFound | None = None,
    facts: Mapping[str, Any] | None = None, problem: str = "", seconds: float = 0.0,
) -> CustomMetricDayRow:  # fmt: skip
    """Return the row of a day: the values that were found, a problem, or of a day without labels neither."""
    parts = {} if found is None else {name[:1000]: part for name, part in found.parts.items() if part.is_known}
    if found is not None:
        problem = found.problem or ("" if "" in parts else "The job left no value of this day.")
    return CustomMetricDayRow(
        model=metric.model, version=version, metric=metric.name, day=day, number=metric.number, stamp=stamp,
        labelled=0 if facts is None else facts["labelled"],
        parts={} if problem else {name: msgspec.to_builtins(part) for name, part in parts.items()}, problem=problem[:MOST_TEXT],
        note="" if found is None or facts is None else " ".join(_notes(found, facts))[:MOST_TEXT], seconds=seconds, evaluated_at=now(),
    )  # fmt: skip


def _notes(found: DayFound, facts: Mapping[str, Any]) -> Iterable[str]:
    if facts["used"] < facts["labelled"]:
        yield f"It is of {facts['used']:,} of the day's {facts['labelled']:,} labelled rows, drawn at random."
    if found.left_out and not found.problem:
        slices = "1 slice has" if found.left_out == 1 else f"{found.left_out:,} slices have"
        yield f"{slices} no value: {found.why}"
    if facts["left_out"]:
        yield f"The function's rows lack {', '.join(facts['left_out'][:10])[:300]}, which no table has."
