"""Quality of a model as a value."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from unshelf.monitor.columns.column_roles import Task
from unshelf.monitor.performance.estimates.estimate import Estimate
from unshelf.monitor.performance.metrics import ClassQuality, Metric
from unshelf.monitor.performance.value.rule import ValueRule
from unshelf.records.labels.label import LabelSummary

Step = Literal["hour", "day", "week"]


@dataclass(frozen=True, kw_only=True)
class MeasuredPart:
    """Predictions of a part of a window, and what their labels say of them."""

    rows: int
    """Rows that were answered."""
    labelled: int
    """Rows with a label that was used."""
    metrics: list[Metric]
    worth: float | None = None
    """The value of these, as far as they have a label; None: the model's predictions have no values, or nothing has a label."""

    @property
    def coverage(self) -> float | None:
        """The share of the rows that have a label; None: there are no rows."""
        return self.labelled / self.rows if self.rows else None


@dataclass(frozen=True, kw_only=True)
class EstimatedQuality:
    """Estimates of a range, and how earlier ones turned out."""

    total: Estimate | None
    """The estimate of all rows of the range whose steps have one; None: there is none."""
    held: int
    """Steps whose estimate could be held against their labels."""
    inside: int
    """Held estimates whose truth lay in the interval."""
    error: float | None
    """The mean distance of these estimates from their truths; None: none was held."""
    missing: str
    """A sentence on what is missing for estimates; empty: nothing is."""


@dataclass(frozen=True, kw_only=True)
class QualityStep:
    """Quality of an hour, a day or a week (UTC)."""

    start: datetime
    measured: MeasuredPart
    estimate: Estimate | None = None
    """None: there is none."""


@dataclass(frozen=True, kw_only=True)
class VersionQuality:
    """Quality of a version."""

    version: int
    measured: MeasuredPart


@dataclass(frozen=True, kw_only=True)
class SliceQuality:
    """Quality of the rows with one value of an input."""

    column: str
    value: str
    measured: MeasuredPart
    estimate: Estimate | None = None
    """The estimate of these rows, made without their labels; None: there is none."""


@dataclass(frozen=True, kw_only=True)
class ConfusionCell:
    """Rows with one truth and one answer."""

    truth: str
    answer: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Rows whose answer had about the same probability."""

    rows: int
    probability: float
    """The mean probability of the answer."""
    right: float
    """The share of right answers."""


@dataclass(frozen=True, kw_only=True)
class ModelQuality:
    """Quality of a model's predictions in a range of time."""

    name: str
    version: int | None
    """None: all versions together."""
    since: datetime
    until: datetime
    by: Step
    task: Task | None
    measured: MeasuredPart
    estimated: EstimatedQuality
    unusable: int
    """Rows whose label can't be held against the answer."""
    ambiguous: int
    """Requests of several rows with labels that name none of them."""
    steps: list[QualityStep]
    versions: list[VersionQuality]
    slices: list[SliceQuality]
    classes: list[ClassQuality]
    confusion: list[ConfusionCell]
    calibration: list[CalibrationBin]
    labels: LabelSummary
    """All labels of the model, whatever the range."""
    value: ValueRule | None
    """The values of the model's predictions; None: they have none."""
    notes: list[str]
    """Sentences on what is missing or can't be counted on."""
