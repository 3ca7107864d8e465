"""Quality on the wire."""

from datetime import datetime

from unshelf.foundation.web.schemas import AnswerModel
from unshelf.monitor.columns.column_roles import Task
from unshelf.monitor.performance.quality import Step
from unshelf.monitor.performance.value.schemas import ValueRuleView
from unshelf.records.labels.schemas import LabelSummaryView


class MetricView(AnswerModel):
    """A measure of quality."""

    name: str
    """accuracy, balanced_accuracy, precision, recall, f1, log_loss, brier, calibration_error, roc_auc, average_precision; mae, rmse,
    bias, r2, mape; ndcg@k, map, mrr, hit_rate@k, precision@k, recall@k."""
    value: float
    """The value."""
    low: float | None
    """The beginning of the interval in which it lies with a probability of 95 %; null: there is none for it."""
    high: float | None
    """The end of that interval."""
    custom: bool
    """Whether it is a function of somebody's own (`/models/{name}/quality/metrics`), evaluated by day: of several days it is their mean,
    weighted by labelled rows."""


class MeasuredPartView(AnswerModel):
    """Predictions, and what their labels say of them."""

    rows: int
    """Rows that were answered."""
    labelled: int
    """Rows with a label that was used."""
    coverage: float | None
    """The share of the rows that have a label; null: there are no rows."""
    metrics: list[MetricView]
    """The measures, the most telling first; empty: nothing has a label."""
    worth: float | None
    """The value of these predictions, as far as they have a label; null: the model's have no values, or nothing has a label."""


class HeldEstimateView(AnswerModel):
    """An estimate of rows whose labels arrived later, beside what these say."""

    labelled: int
    """The rows."""
    expected: float
    """The estimate of these rows, made without their labels."""
    truth: float
    """The measure of these rows."""
    is_inside: bool
    """Whether the truth lies in the interval of the estimate."""


class EstimateView(AnswerModel):
    """An estimate: no label of these rows was used."""

    name: str
    """accuracy or mae."""
    value: float
    """The estimated value."""
    low: float
    """The beginning of the interval in which the truth is expected with a probability of 95 %."""
    high: float
    """The end of that interval."""
    rows: int
    """The rows that it is of."""
    labelled: int
    """Labelled rows of before that it was learned from."""
    held: HeldEstimateView | None
    """The estimate held against labels that arrived since; null: too few did."""


class EstimatedQualityView(AnswerModel):
    """Estimates of quality before labels arrive, and how earlier ones turned out."""

    total: EstimateView | None
    """The estimate of all rows of the range whose steps have one; null: there is none."""
    held: int
    """Steps whose estimate could be held against their labels."""
    inside: int
    """Held estimates whose truth lay in the interval."""
    error: float | None
    """The mean distance of these estimates from their truths; null: none was held."""
    missing: str
    """A sentence on what is missing for estimates; empty: nothing is."""


class QualityStepView(AnswerModel):
    """Quality of an hour, a day or a week (UTC)."""

    start: datetime
    """The beginning of the step."""
    measured: MeasuredPartView
    """The predictions of this part."""
    estimate: EstimateView | None
    """The estimate of its quality, made without its labels; null: there is none."""


class VersionQualityView(AnswerModel):
    """Quality of a version."""

    version: int
    """The version."""
    measured: MeasuredPartView
    """The predictions of this part."""


class SliceQualityView(AnswerModel):
    """Quality of the rows with one value of an input."""

    column: str
    """The input."""
    value: str
    """The value."""
    measured: MeasuredPartView
    """The predictions of this part."""
    estimate: EstimateView | None
    """The estimate of the slice's rows, made without their labels and learned from the slice's own labelled rows; null: there is none."""


class ClassQualityView(AnswerModel):
    """Quality by class."""

    name: str
    """The class."""
    rows: int
    """Rows whose truth it is."""
    answered: int
    """Rows for which it was the answer."""
    precision: MetricView | None
    """The share of these answers that are right; null: it was never the answer."""
    recall: MetricView | None
    """The share of its rows that were answered with it; null: it has no rows."""
    f1: float | None
    """The harmonic mean of both."""


class ConfusionCellView(AnswerModel):
    """Rows with one truth and one answer."""

    truth: str
    """The truth."""
    answer: str
    """The answer."""
    rows: int
    """The rows."""


class CalibrationBinView(AnswerModel):
    """Rows whose answer had about the same probability."""

    rows: int
    """The rows."""
    probability: float
    """The mean probability of the answer."""
    right: float
    """The share of right answers."""


class QualityView(AnswerModel):
    """Quality of a model's predictions in a range of time."""

    name: str
    """The model."""
    version: int | None
    """The version; null: all together."""
    since: datetime
    """The first hour (UTC)."""
    until: datetime
    """The end of the last one."""
    by: Step
    """The length of the steps."""
    task: Task | None
    """The model's task; null: not known."""
    measured: MeasuredPartView
    """All predictions of the range."""
    estimated: EstimatedQualityView
    """Estimates of the range, before labels arrive and beside them."""
    unusable: int
    """Rows whose label can't be held against the answer."""
    ambiguous: int
    """Requests of several rows with labels that name none of them."""
    steps: list[QualityStepView]
    """Steps with predictions, oldest first."""
    versions: list[VersionQualityView]
    """All versions with predictions in the range, also where one is asked for."""
    slices: list[SliceQualityView]
    """The values of inputs that records are parted by."""
    classes: list[ClassQualityView]
    """Classes, those with the most rows first; empty for other tasks."""
    confusion: list[ConfusionCellView]
    """Truths and answers that occurred together."""
    calibration: list[CalibrationBinView]
    """Ten bins by the answer's probability; empty: probabilities are not known."""
    labels: LabelSummaryView
    """All labels of the model, whatever the range."""
    value: ValueRuleView | None
    """The values of the model's predictions; null: they have none."""
    notes: list[str]
    """Sentences on what is missing or can't be counted on."""
