"""Service of quality: reads the sums of a model's predictions in any range, by hour, day or week, version and slice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.custom.results import MetricValues, read_values
from unshelf.monitor.performance.custom.service import MetricState, states
from unshelf.monitor.performance.estimated import estimate_sums, estimated_quality, estimates_by, slice_sums_before
from unshelf.monitor.performance.estimates.estimate import Estimate, EstimateSums, over_all
from unshelf.monitor.performance.intake import join_roles
from unshelf.monitor.performance.metrics import Metric, calibration_of, classes_of, metrics_of
from unshelf.monitor.performance.quality import (
    CalibrationBin,
    ConfusionCell,
    MeasuredPart,
    ModelQuality,
    QualityStep,
    SliceQuality,
    Step,
    VersionQuality,
)
from unshelf.monitor.performance.sums import QualitySums, Slices, from_plain, summed
from unshelf.monitor.performance.tables import QualityWindowRow
from unshelf.monitor.performance.value.rule import ValueRule
from unshelf.monitor.performance.value.service import rule_of
from unshelf.monitor.windows.service import hours_touched
from unshelf.records.labels.label import LabelSummary
from unshelf.records.labels.service import summary_of

USUAL = timedelta(days=30)
"""The range where none is asked for."""
_BY_HOUR = timedelta(days=3)
_BY_DAY = timedelta(days=90)
_FEW = 30
"""Labels below which a measure says little."""


@dataclass(frozen=True, kw_only=True)
class QualityQuestion:
    """The model, version and range that are asked about."""

    model: str
    version: int | None
    since: datetime
    until: datetime
    by: Step
    slice: str | None = None
    """Only the slices of this input; None: those of all."""


class QualityService:
    """Reads quality."""

    def __init__(
        self,
        database: Database,
        *,
        roles_of: Callable[[str, int], ColumnRoles],
        versions_of: Callable[[str], list[int]],
    ) -> None:
        """`roles_of` raises NotFound; `versions_of` returns the numbers of a model's versions, lowest first."""
        self._database = database
        self._roles_of = roles_of
        self._versions_of = versions_of

    def show(self, actor: Actor, asked: QualityQuestion) -> ModelQuality:
        """Return the quality of a model's predictions in a range. Raises NotFound, Forbidden and InvalidInput."""
        with self._database.read() as session:
            scope = scope_of(session, asked.model)
            actor.must_see(scope)
            actor.must(Permission.RECORDS_READ, scope)
            windows = _windows(session, asked.model, asked.since, asked.until)
            before = slice_sums_before(session, asked.model, asked.since)
            labels = summary_of(session, asked.model)
            rule = rule_of(session, asked.model)
            custom, values = states(session, asked.model), read_values(session, asked.model, asked.since, asked.until)
        own = [each for each in windows if asked.version in (None, each.version)]
        total = summed(each.slices.get("", QualitySums()) for each in own)
        roles = self._roles(asked.model, asked.version)
        hours = [_sums_of(each) for each in own]
        estimates = estimates_by(hours, before[""], lambda start: _begin(start, asked.by))
        found = ModelQuality(
            name=asked.model, version=asked.version, since=asked.since, until=asked.until, by=asked.by, task=roles.task,
            measured=measured(total, rule), estimated=estimated_quality(list(estimates.values()), roles, [*before[""], *hours]),
            unusable=total.unusable, ambiguous=total.ambiguous, steps=_steps(own, asked.by, rule, estimates),
            versions=_versions(windows, rule), slices=_slices(own, asked, rule, before), classes=classes_of(total),
            confusion=_cells(total), calibration=_bins(total), labels=labels, value=rule,
            notes=[*_notes(total, labels, roles), *_notes_on(custom)],
        )  # fmt: skip
        return with_custom(found, values) if custom else found

    def custom(self, model: str, since: datetime, until: datetime) -> MetricValues:
        """Return the values of a model's own metrics in a range of days, for the platform's own work."""
        with self._database.read() as session:
            return read_values(session, model, since, until)

    def states(self, model: str) -> list[MetricState]:
        """Return a model's own metrics, for the platform's own work."""
        with self._database.read() as session:
            return states(session, model)

    def sums(self, model: str, version: int | None, since: datetime, until: datetime) -> QualitySums:
        """Return the sums of all rows of a range of hours, for the platform's own work."""
        with self._database.read() as session:
            windows = _windows(session, model, since, until)
        return summed(each.slices.get("", QualitySums()) for each in windows if version in (None, each.version))

    def windows(self, model: str, version: int, since: datetime, until: datetime) -> list[tuple[datetime, Slices]]:
        """Return the sums of each hour of a version in a range, by slice, for the platform's own work."""
        with self._database.read() as session:
            found = _windows(session, model, since, until)
        return [(each.start, each.slices) for each in found if each.version == version]

    def parts(self, model: str, version: int, since: datetime, until: datetime) -> dict[str, QualitySums]:
        """Return the sums of all rows of a range of hours (under the empty name) and of each slice, for the platform's own work."""
        with self._database.read() as session:
            windows = _windows(session, model, since, until)
        found: dict[str, list[QualitySums]] = {"": []}
        for each in windows:
            for name, sums in each.slices.items() if each.version == version else ():
                found.setdefault(name, []).append(sums)
        return {name: summed(those) for name, those in found.items()}

    def versions(self, model: str) -> list[int]:
        """Return the versions that have sums, lowest first."""
        query = select(QualityWindowRow.version).where(QualityWindowRow.model == model).distinct()
        with self._database.read() as session:
            return sorted(session.scalars(query))

    def _roles(self, model: str, version: int | None) -> ColumnRoles:
        number = version or max(self._versions_of(model), default=None)
        try:
            return ColumnRoles() if number is None else self._roles_of(model, number)
        except NotFound:  # its records outlive it
            return ColumnRoles()


@dataclass(frozen=True, kw_only=True)
class _Window:
    version: int
    start: datetime
    slices: Slices


def question_of(
    model: str, version: int | None, since: datetime | None, until: datetime | None, *, by: Step | None = None,
    slice: str = "",
) -> QualityQuestion:  # fmt: skip
    """Return what is asked; None: up to now, thirty days long, and in steps that suit the range. Raises InvalidInput."""
    end = until or now()
    first, last = hours_touched(since or end - USUAL, end)
    span = last - first
    step: Step = by or ("hour" if span <= _BY_HOUR else "day" if span <= _BY_DAY else "week")
    return QualityQuestion(model=model, version=version, since=first, until=last, by=step, slice=slice or None)


def measured(sums: QualitySums, rule: ValueRule | None = None) -> MeasuredPart:
    """Return what sums say. `rule`: the values of the predictions."""
    worth = None if rule is None else rule.worth(sums)
    return MeasuredPart(rows=sums.rows, labelled=sums.labelled, metrics=metrics_of(sums), worth=worth)


def _windows(session: Session, model: str, since: datetime, until: datetime) -> list[_Window]:
    query = (
        select(QualityWindowRow)
        .where(QualityWindowRow.model == model, QualityWindowRow.start >= since, QualityWindowRow.start < until)
        .order_by(QualityWindowRow.start, QualityWindowRow.version)
    )
    return [
        _Window(version=row.version, start=row.start, slices=from_plain(row.sums)) for row in session.scalars(query)
    ]


def _sums_of(window: _Window) -> EstimateSums:
    return estimate_sums(window.version, window.start, window.slices.get("", QualitySums()))


def _steps(
    windows: Iterable[_Window], by: Step, rule: ValueRule | None, estimates: Mapping[datetime, Estimate]
) -> list[QualityStep]:
    parts: dict[datetime, list[QualitySums]] = {}
    for each in windows:
        parts.setdefault(_begin(each.start, by), []).append(each.slices.get("", QualitySums()))
    return [
        QualityStep(start=start, measured=measured(summed(parts[start]), rule), estimate=estimates.get(start))
        for start in sorted(parts)
    ]


def _begin(start: datetime, by: Step) -> datetime:
    if by == "hour":
        return start
    day = start.replace(hour=0)
    return day if by == "day" else day - timedelta(days=day.weekday())


def _versions(windows: Iterable[_Window], rule: ValueRule | None) -> list[VersionQuality]:
    parts: dict[int, list[QualitySums]] = {}
    for each in windows:
        parts.setdefault(each.version, []).append(each.slices.get("", QualitySums()))
    return [
        VersionQuality(version=version, measured=measured(summed(parts[version]), rule)) for version in sorted(parts)
    ]


def _slices(
    windows: Iterable[_Window], asked: QualityQuestion, rule: ValueRule | None, before: Mapping[str, Sequence[EstimateSums]]
) -> list[SliceQuality]:  # fmt: skip
    """Return the slices; each is estimated step by step from its own rows before, as all rows are."""
    parts: dict[str, list[tuple[_Window, QualitySums]]] = {}
    for each in windows:
        for name, sums in each.slices.items():
            if name and asked.slice in (None, name.partition("=")[0]):
                parts.setdefault(name, []).append((each, sums))
    found = []
    for name, those in parts.items():
        hours = [estimate_sums(window.version, window.start, sums) for window, sums in those]
        steps = estimates_by(hours, before.get(name, []), lambda start: _begin(start, asked.by))
        column, _, value = name.partition("=")
        part = measured(summed(sums for _, sums in those), rule)
        found.append(SliceQuality(column=column, value=value, measured=part, estimate=over_all(list(steps.values()))))
    return sorted(found, key=lambda each: (each.column, -each.measured.rows, each.value))


def _cells(sums: QualitySums) -> list[ConfusionCell]:
    return [
        ConfusionCell(truth=truth, answer=answer, rows=count)
        for truth, answers in sorted(sums.confusion.items())
        for answer, count in sorted(answers.items())
    ]


def _bins(sums: QualitySums) -> list[CalibrationBin]:
    return [CalibrationBin(rows=rows, probability=mean, right=right) for rows, mean, right in calibration_of(sums)]


def with_custom(found: ModelQuality, values: MetricValues) -> ModelQuality:
    """Return quality with the values of the model's own metrics beside the measures. An hour has none: they are evaluated by day."""

    def beside(part: MeasuredPart, custom: list[Metric]) -> MeasuredPart:
        return replace(part, metrics=[*part.metrics, *custom])

    def of_step(step: QualityStep) -> list[Metric]:
        if found.by == "hour":
            return []
        end = (step.start + timedelta(days=1 if found.by == "day" else 7)).date().isoformat()
        first = step.start.date().isoformat()
        return values.metrics(version=found.version, day=lambda day: first <= day < end)

    return replace(
        found, measured=beside(found.measured, values.metrics(version=found.version)),
        steps=[replace(step, measured=beside(step.measured, of_step(step))) for step in found.steps],
        versions=[
            replace(each, measured=beside(each.measured, values.metrics(version=each.version))) for each in found.versions
        ],
        slices=[
            replace(each, measured=beside(
                each.measured, values.metrics(version=found.version, slice=f"{each.column}={each.value}")
            ))
            for each in found.slices
        ],
    )  # fmt: skip


def _notes_on(custom: Iterable[MetricState]) -> list[str]:
    """Return what is wrong with a model's own metrics, and what is to be known of their values."""
    found = []
    for each in custom:
        if each.problem:
            found.append(f"The metric {each.metric.name} has no value of its newest day. {each.problem}")
        elif each.note:
            found.append(f"The metric {each.metric.name}, on its newest day: {each.note}")
    return found


def _notes(sums: QualitySums, labels: LabelSummary, roles: ColumnRoles) -> list[str]:
    found = []
    if not labels.labels:
        found.append("No label has arrived yet: without the truth nothing can be said of quality.")
    elif join_roles(roles) is None:
        found.append(
            "Labels wait: the roles of the columns do not say which output is the answer, or what the task is."
        )
    elif labels.waiting:
        found.append(
            f"{labels.waiting:,} of {labels.labels:,} labels wait for their prediction. Predictions are joined once they are in the "
            f"archive: at each full hour (the next is {now() + timedelta(hours=1):%H}:00 UTC), or sooner under load."
        )
    if labels.strays:
        found.append(
            f"{labels.strays:,} labels name a row that their request has not, and are left out: `unshelf labels list` says which."
        )
    if sums.labelled and sums.labelled < _FEW:
        found.append(f"Only {sums.labelled} rows have a label: the measures say little yet.")
    if sums.ambiguous:
        found.append(
            f"{sums.ambiguous:,} requests of several rows have labels that name no row, and are left out: send `row` with them."
        )
    if sums.unusable:
        found.append(f"{sums.unusable:,} labels can't be held against the answer, such as a text beside a quantity.")
    return found
