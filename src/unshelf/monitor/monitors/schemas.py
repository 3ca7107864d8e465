"""Monitors on the wire."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field

from unshelf.contracts.monitoring.monitors import Worse
from unshelf.foundation.web.schemas import AnswerModel, Moment, RequestModel
from unshelf.monitor.alerts.alert import Severity
from unshelf.monitor.monitors.checking.wanted import MOST_COLUMNS
from unshelf.monitor.monitors.judging.verdict import MonitorResult, Status
from unshelf.monitor.monitors.monitor import Monitor, MonitorKind, MonitorSource, WindowLength
from unshelf.monitor.monitors.service import MonitorChange, MonitorState

ColumnName = Annotated[str, Field(max_length=500)]
_MEASURE = ("metric", "worse", "slice", "relative", "least_labels", "estimated")


class MonitorChangeRequest(RequestModel):
    """A change of a monitor; what is left out stays as it is."""

    version: int | None = Field(default=None, ge=0, le=999_999_999, examples=[3])
    """The version that is watched; 0: those that are live."""
    window: WindowLength | None = Field(default=None, max_length=8, examples=["day", "1000"])
    """The length of the windows that are judged: hour, day, or week from Monday on, of UTC, or a number of predictions, from 100 on."""
    reference: str | None = Field(default=None, max_length=250, examples=["previous"])
    """`baseline`, `previous` (the window before), `version:N`, or, of a slice, `slice:COLUMN=VALUE`."""
    columns: list[ColumnName] | None = Field(default=None, max_length=MOST_COLUMNS, examples=[["income"]])
    """The columns that are watched; empty: all. A monitor of quality names outputs with `out:` before them."""
    threshold: float | None = Field(default=None, examples=[0.15])
    """Drift: a distance beyond chance, 0 to 1. Quality: a share of rows above the reference's. Volume: how many times more or less than
    usual. Errors: a share of requests. Latency: milliseconds."""
    thresholds: dict[ColumnName, float] | None = Field(default=None, examples=[{"income": 0.3}])
    """Thresholds of some columns, in place of all that were set before; of errors, `refused` has one."""
    severity: Severity | None = None
    """The severity of its alerts."""
    paused: bool | None = None
    """Whether it judges nothing for now."""
    metric: str | None = Field(default=None, max_length=64, examples=["accuracy"])
    """The measure, of performance, as are the fields that follow: one that every model has, or one of its own; empty: accuracy,
    the mean absolute error or NDCG@10, as the task is."""
    worse: Worse | None = None
    """Whether values below or above the limit are bad, of a metric of the model's own; empty: as the metric says."""
    slice: str | None = Field(default=None, max_length=500, examples=["region=north"])
    """`COLUMN=VALUE`: the slice whose rows are measured, or, of inputs and outputs, watched; empty: all rows."""
    relative: bool | None = None
    """Whether the threshold is the share by which it may be worse than the reference; else it is the worst value that is fine."""
    least_labels: int | None = Field(default=None, examples=[200])
    """The labelled rows without which a window is not judged by labels."""
    estimated: bool | None = None
    """Whether a window with fewer is judged by the estimate of its quality; its alert is marked as one, and labels confirm or end it."""

    def change(self) -> MonitorChange:
        """Return the change as the service takes it."""
        measure: dict[str, Any] = {name: value for name in _MEASURE if (value := getattr(self, name)) is not None}
        return MonitorChange(
            measure=measure,
            version=self.version, window=self.window, reference=self.reference, threshold=self.threshold, thresholds=self.thresholds,
            columns=None if self.columns is None else tuple(self.columns), severity=self.severity, paused=self.paused,
        )  # fmt: skip


class MonitorRequest(MonitorChangeRequest):
    """A monitor to add; what is left out is as usual."""

    name: str = Field(max_length=64, examples=["income-drift"])
    """A name, of which the model has one."""
    kind: MonitorKind = "inputs"
    """inputs, outputs: drift; quality: damage in the data; volume: silence and bursts; errors; latency; performance: how good predictions
    are."""


class MonitorRunRequest(RequestModel):
    """Windows to judge now."""

    monitor: str | None = Field(default=None, max_length=64, examples=["inputs"])
    """The monitor; left out: all of the model that are not paused."""
    since: Moment | None = None
    """The moment from which on windows are judged; left out: those that are not over, and the ones before."""


class MeasuredView(AnswerModel):
    """One measure of a column, or of a whole window."""

    column: str
    """The column; of volume and errors `requests`, of latency `latency_ms`."""
    measure: str
    """Such as jensen_shannon, gaps, silence or failed."""
    value: float
    """The value, in the unit of the threshold."""
    threshold: float
    """The value from which on it may be bad; it must be more than chance too."""
    bad: bool
    """Whether it is bad."""
    say: str
    """A few words on what has changed; empty: nothing of note."""


class LatestResult(AnswerModel):
    """The last result of a monitor, in short."""

    status: Status
    """ok, alarm, or not_judged."""
    version: int | None
    """The version; null: all together."""
    since: datetime
    """The beginning of the window."""
    until: datetime
    """The end of the window."""
    complete: bool
    """Whether the window is over; else it is judged again as it fills."""
    rows: int
    """Rows, or requests, that were looked at."""
    value: float | None
    """The worst value; null: it was not judged."""
    judged_at: datetime
    """When it was judged."""


class MonitorView(AnswerModel):
    """Something that is watched of a model."""

    model: str
    """The model."""
    project: str
    """The project of the model."""
    name: str
    """The name, of which the model has one."""
    kind: MonitorKind
    """inputs, outputs: drift; quality: damage in the data; volume: silence and bursts; errors; latency; performance: how good predictions
    are."""
    version: int | None
    """The version that is watched; null: those that are live."""
    window: WindowLength
    """The length of the windows that are judged: hour, day, week, or a number of predictions."""
    reference: str
    """baseline, previous, version:N or slice:COLUMN=VALUE; of volume, errors and latency it has no effect."""
    columns: list[str]
    """The columns that are watched; empty: all."""
    threshold: float
    """In the unit of its kind."""
    thresholds: dict[str, float]
    """Thresholds of some columns."""
    severity: Severity
    """The severity of its alerts."""
    paused: bool
    """Whether it judges nothing for now."""
    source: MonitorSource
    """default: as every model has it; declared: by the version that callers get; changed: one of both that somebody changed; own: one that
    somebody added."""
    changed_at: datetime | None
    """When somebody changed it last; null: nobody did."""
    changed_by: str
    """The label of who changed it last; empty: nobody."""
    metric: str | None
    """The measure, of performance; empty: that of the task. Null of other kinds, as the fields that follow but for the slice."""
    worse: Worse | None
    """Whether values below or above the limit are bad, of a metric of the model's own; empty: as the metric says."""
    slice: str | None
    """The slice whose rows are measured, or, of inputs and outputs, watched; empty: all rows. Null of kinds that have none."""
    relative: bool | None
    """Whether the threshold is the share by which the measure may be worse than the reference's."""
    least_labels: int | None
    """The labelled rows without which a window is not judged by labels."""
    estimated: bool | None
    """Whether a window with fewer is judged by the estimate of its quality."""
    latest: LatestResult | None
    """The last result; of several versions in one window, the worst. Null: nothing was judged yet."""
    warnings: list[str]
    """Sentences on columns and slices that the model may not have; of one monitor: in a list there are none."""

    @classmethod
    def of(cls, state: MonitorState) -> Self:
        """The wire shape of a monitor."""
        monitor, latest = state.monitor, state.latest
        shown = None
        if latest is not None:
            verdict = latest.verdict
            shown = LatestResult(
                status=verdict.status, version=latest.version, since=latest.since, until=latest.until, complete=latest.complete,
                rows=verdict.rows, value=verdict.value, judged_at=latest.judged_at,
            )  # fmt: skip
        return cls(
            model=monitor.model, project=state.project, name=monitor.name, kind=monitor.kind, version=monitor.version,
            window=monitor.window,
            reference=monitor.reference, columns=list(monitor.columns), threshold=monitor.threshold,
            thresholds=dict(monitor.thresholds), severity=monitor.severity, paused=monitor.paused, source=monitor.source,
            changed_at=monitor.changed_at, changed_by=monitor.changed_by, latest=shown, warnings=list(state.warnings),
            **_measure_of(monitor),
        )  # fmt: skip


def _measure_of(monitor: Monitor) -> dict[str, Any]:
    own = _MEASURE if monitor.kind == "performance" else ("slice",) if monitor.kind in ("inputs", "outputs") else ()
    return {name: getattr(monitor.measure, name) if name in own else None for name in _MEASURE}


class MonitorList(AnswerModel):
    """Monitors, by model."""

    monitors: list[MonitorView]
    """The items of this page: all monitors of some models."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class MonitorResultView(AnswerModel):
    """The result of a monitor in a window of a version."""

    version: int | None
    """The version; null: all together."""
    since: datetime
    """The beginning of the window."""
    until: datetime
    """The end of the window."""
    complete: bool
    """Whether the window is over; else it is judged again as it fills."""
    status: Status
    """ok, alarm, or not_judged."""
    rows: int
    """Rows, or requests, that were looked at."""
    value: float | None
    """The worst value; null: it was not judged."""
    threshold: float
    """The threshold then."""
    reference: str
    """The reference, in a few words; empty: there is none."""
    reason: str
    """Why it was not judged; empty: it was."""
    columns: list[MeasuredView]
    """The measures of its columns, the worst first."""
    looks: int
    """How often its rows were judged while it filled."""
    judged_at: datetime
    """When it was judged last."""

    @classmethod
    def of(cls, result: MonitorResult) -> Self:
        """The wire shape of a result."""
        verdict = result.verdict
        return cls(
            version=result.version, since=result.since, until=result.until, complete=result.complete, status=verdict.status,
            rows=verdict.rows, value=verdict.value, threshold=verdict.threshold, reference=verdict.reference, reason=verdict.reason,
            columns=[MeasuredView.model_validate(each) for each in verdict.columns], looks=result.looks, judged_at=result.judged_at,
        )  # fmt: skip


class MonitorResultList(AnswerModel):
    """Results of a monitor, the newest window first."""

    results: list[MonitorResultView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class MonitorRunView(AnswerModel):
    """The outcome of a run."""

    judged: int
    """Results that are new, or changed."""
    alarms: int
    """The number of these that are alarms."""
    since: datetime
    """Where it began."""
    reached: datetime
    """Up to where windows are judged."""
    done: bool
    """Whether that is all; else another run with `since` set to `reached` goes on with it."""


class ComparedPartView(AnswerModel):
    """Shares of a column's values in bins, before and after."""

    name: str
    """The part of texts or tensors that is compared; empty: the values themselves."""
    labels: list[str]
    """The name of each bin."""
    reference: list[float]
    """The share in each bin, 0 to 1, of the reference."""
    window: list[float]
    """The share in each bin, 0 to 1, of the window."""


class ColumnComparisonView(AnswerModel):
    """A column in a window and in the reference."""

    column: str
    """The column."""
    since: datetime
    """The beginning of the window."""
    until: datetime
    """The end of the window."""
    version: int
    """The version."""
    against: str
    """The reference, in a few words."""
    say: str
    """How it has changed, in a few words."""
    parts: list[ComparedPartView]
    """The values; of texts and tensors, each part that is compared."""
