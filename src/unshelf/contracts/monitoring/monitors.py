"""Monitors that a version declares: what is to be watched of its model as long as callers get it."""

import math
import re
from typing import Literal

import msgspec

from unshelf.contracts.monitoring import metrics
from unshelf.contracts.monitoring.columns import Fault, ModelFacts, column_fault, slice_fault, task_fault
from unshelf.contracts.monitoring.measures import MEASURES, RESERVED, WATCHED, is_at_rank

MonitorKind = Literal["inputs", "outputs", "quality", "volume", "errors", "latency", "performance"]
"""inputs, outputs: drift; quality: damage in the data; volume: silence and bursts; errors; latency; performance: how good answers are."""
WindowLength = str
"""hour, day or week (UTC), or a number of predictions, such as `1000`."""
WINDOW_LENGTH = r"hour|day|week|[1-9][0-9]{2,6}"
"""The form of a length; windows of predictions have 100 at least."""
AGAINST_SLICE = "slice:"
"""The beginning of a reference that is another slice."""
MOST_SLICE = 200
Worse = Literal["", "below", "above"]
"""Values that are bad of a metric of the model's own: those below or above the limit; empty: as the metric says."""
MonitorSeverity = Literal["warning", "critical"]
MOST_DECLARED = 20
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_SHARES = frozenset({"inputs", "outputs", "quality", "errors"})
"""Kinds whose thresholds are shares or distances, at most 1."""
LEAST_LABELS = 100
"""Labelled rows without which performance is not judged, unless another number is given."""
_FEWEST_LABELS, _MOST_LABELS = 10, 1_000_000
_LONGEST_SLICE = 500
KNOWN_METRICS = ", ".join(WATCHED)
_ESTIMATED = ("", "accuracy", "mae")
"""Metrics that are estimated before labels arrive."""


class PerformanceMeasure(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The part of a monitor of performance that says what is measured, and when that is bad."""

    metric: str = ""
    """The measure, or a metric of the model's own; empty: accuracy, the mean absolute error or NDCG@10, as the task is."""
    worse: Worse = ""
    """Whether values below or above the limit are bad, of a metric of the model's own; empty: as the metric says."""
    slice: str = ""
    """The slice whose rows are measured, such as `region=north`; empty: all rows."""
    relative: bool = True
    """Whether the threshold is the share by which it may be worse than the reference; else it is the worst value that is fine."""
    least_labels: int = LEAST_LABELS
    """The labelled rows without which a window is not judged by labels."""
    estimated: bool = False
    """Whether a window with fewer is judged by the estimate of its quality."""

    @property
    def is_own(self) -> bool:
        """Whether the measure is a metric of the model's own."""
        is_known = self.metric in RESERVED or is_at_rank(self.metric)
        return bool(self.metric) and not is_known and not metrics.name_fault(self.metric)

    @property
    def limits(self) -> tuple[float, float]:
        """The value that a limit of the measure is above, and the greatest one. Versions of earlier releases may declare others."""
        if self.metric in MEASURES:
            return MEASURES[self.metric].least, MEASURES[self.metric].most
        return (-math.inf if self.is_own else 0.0), math.inf

    def fault(self) -> str:
        """Say why it can't be measured; empty: it can, if the model has a metric of its own of that name.

        Versions of earlier releases may declare measures at ranks that are not measured: see `declared_fault`."""
        if self.metric and self.metric not in WATCHED and not is_at_rank(self.metric) and not self.is_own:
            return f"{self.metric[:80]!r} is no metric; known are {KNOWN_METRICS}"
        if self.worse and not self.is_own:
            return "which values are worse is said of a metric of the model's own alone; of others it is known"
        if self.estimated and self.metric not in _ESTIMATED:
            return f"{self.metric} is not estimated before labels arrive; accuracy and mae are"
        if self.slice and (
            len(self.slice) > _LONGEST_SLICE or not self.slice.partition("=")[0] or "=" not in self.slice
        ):
            return f"{self.slice[:80]!r} is no slice; one is written INPUT=VALUE, such as region=north"
        if not _FEWEST_LABELS <= self.least_labels <= _MOST_LABELS:
            return f"least_labels is from {_FEWEST_LABELS} to {_MOST_LABELS}, not {self.least_labels}"
        return ""


USUAL_MEASURE = PerformanceMeasure()


class DeclaredMonitor(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A monitor that a version's maker declares; what is left out is as usual."""

    name: str
    """A name, of which a version has one. That of a kind changes the usual monitor of that kind."""
    kind: MonitorKind = "inputs"
    """inputs, outputs: drift; quality: damage in the data; volume: silence and bursts; errors; latency; performance: how good predictions
    are, by their labels."""
    window: WindowLength | None = None
    """The length of the windows that are judged: hour, day, week, or a number of predictions."""
    reference: Literal["baseline", "previous"] = "baseline"
    """The training data's profile or that of the first requests (of performance: the ninety days before), or the window before."""
    columns: list[str] = []
    """The columns that are watched; empty: all."""
    threshold: float | None = None
    """In the unit of its kind."""
    thresholds: dict[str, float] = {}
    """Thresholds of some columns."""
    severity: MonitorSeverity | None = None
    """The severity of its alerts."""
    metric: str = ""
    """The measure, of performance, as are the fields that follow: one that every model has, or a metric of the model's own; empty: that of
    the task."""
    worse: Worse = ""
    """Whether values below or above the limit are bad, of a metric of the model's own; empty: as the metric says."""
    slice: str = ""
    """The slice whose rows are measured, or, of inputs and outputs, watched: `COLUMN=VALUE`; empty: all."""
    relative: bool = True
    """Whether the threshold is the share by which it may be worse than the reference; else it is the worst value that is fine."""
    least_labels: int = LEAST_LABELS
    """The labelled rows without which a window is not judged by labels."""
    estimated: bool = False
    """Whether a window with fewer is judged by the estimate of its quality."""

    @property
    def measure(self) -> PerformanceMeasure:
        """The part that is of performance."""
        return PerformanceMeasure(
            metric=self.metric,
            worse=self.worse,
            slice=self.slice,
            relative=self.relative,
            least_labels=self.least_labels,
            estimated=self.estimated,
        )

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise ValueError(f"monitors: a name has 1 to 64 small letters, digits and hyphens, got {self.name[:80]!r}")
        if self.window is not None:
            problem = window_problem(self.window, self.kind, self.reference)
            if problem:
                raise ValueError(f"monitors: {self.name}: {problem}")
        self._check_measure()
        least, most = threshold_bounds(self.kind, self.measure)
        given = [] if self.threshold is None else [self.threshold]
        for value in [*given, *self.thresholds.values()]:
            if not least < value <= most or value == math.inf:
                raise ValueError(f"monitors: {self.name}: a threshold of {self.kind} is not {value:g}")

    def _check_measure(self) -> None:
        if self.kind != "performance":
            if self.measure != PerformanceMeasure(slice=self.slice):
                raise ValueError(
                    f"monitors: {self.name}: metric, worse, relative, least_labels and estimated are of performance, not of {self.kind}"
                )
            if problem := slice_problem(self.slice, self.kind, self.window or "day", self.reference):
                raise ValueError(f"monitors: {self.name}: {problem}")
            return
        fault = self.measure.fault() or own_problem(self.measure, self.window or "day")
        if not fault and (self.columns or self.thresholds):
            fault = "performance has no columns; a slice names the rows that are measured"
        if not fault and not self.relative and self.threshold is None:
            fault = "a monitor that is not relative names its threshold, the worst value that is fine"
        if fault:
            raise ValueError(f"monitors: {self.name}: {fault}")


def threshold_bounds(kind: MonitorKind, measure: PerformanceMeasure = USUAL_MEASURE) -> tuple[float, float]:
    """Return what thresholds of a kind are above, and the greatest one."""
    if kind == "performance":
        return (0.0, 1.0) if measure.relative else (measure.limits[0], math.inf)
    return (1.0 if kind == "volume" else 0.0), (1.0 if kind in _SHARES else math.inf)


def limit_fault(kind: MonitorKind, measure: PerformanceMeasure, threshold: float | None) -> str:
    """Say why a measure can't have a limit; empty: it can."""
    if kind != "performance" or measure.relative or threshold is None:
        return ""
    least, most = measure.limits
    if least < threshold <= most:
        return ""
    return f"the limit of {measure.metric} is not {threshold:g}: it is above {least:g} and at most {most:g}"


def measured_fault(measure: PerformanceMeasure) -> str:
    """Say why a measure has the form of one that there is, and is not measured; empty: it is."""
    if is_at_rank(measure.metric) and measure.metric not in MEASURES:
        return f"{measure.metric} is not measured; measures at a rank are {', '.join(name for name in WATCHED if is_at_rank(name))}"
    return ""


def declared_fault(monitor: DeclaredMonitor, facts: ModelFacts) -> Fault | None:
    """Return why a version that is deployed now may not declare a monitor; None: it may, as far as is known.

    Versions of earlier releases declare some of these: they judge nothing, and stay as they are."""
    measure = monitor.measure
    if said := measured_fault(measure) or limit_fault(monitor.kind, measure, monitor.threshold):
        return Fault(said, "Mend it in [[monitors]].")
    if monitor.kind == "performance":
        return task_fault(measure.metric, facts) or slice_fault(monitor.slice, facts)
    return column_fault(monitor.kind, monitor.columns, monitor.thresholds, facts) or slice_fault(monitor.slice, facts)


def count_of(window: WindowLength) -> int | None:
    """Return how many predictions a window has; None: it is one of time."""
    return int(window) if window.isdecimal() else None


def window_problem(window: WindowLength, kind: MonitorKind, reference: str) -> str:
    """Say why a monitor can't have such windows; empty: it can."""
    if re.fullmatch(WINDOW_LENGTH, window) is None:
        return f"a window is an hour, a day, a week, or a number of predictions from 100 on, got {window[:20]!r}"
    if count_of(window) is None:
        return ""
    if kind in ("volume", "performance"):
        return f"{kind} is judged by time: its window is an hour, a day or a week"
    if reference not in ("baseline", "previous"):
        return f"windows of predictions are of one version each: they are held against baseline or previous, not {reference}"
    return ""


def own_problem(measure: PerformanceMeasure, window: WindowLength) -> str:
    """Say why windows of this length can't be judged by a metric of the model's own; empty: they can."""
    if measure.is_own and window == "hour":
        return (
            f"{measure.metric} is a metric of the model's own, which has values of days: its window is a day or a week"
        )
    return ""


def slice_problem(slice: str, kind: MonitorKind, window: WindowLength, reference: str) -> str:
    """Say why a monitor of another kind than performance can't watch a slice, or be held against one; empty: it can."""
    against = reference.removeprefix(AGAINST_SLICE) if reference.startswith(AGAINST_SLICE) else ""
    if not slice:
        return "only a slice is held against another slice" if against else ""
    for each in filter(None, (slice, against)):
        if re.fullmatch(r"[^=]+=.+", each) is None or len(each) > MOST_SLICE:
            return f"a slice is COLUMN=VALUE with at most {MOST_SLICE} characters, got {each[:80]!r}"
    if kind not in ("inputs", "outputs"):
        return "a slice is watched for drift, of inputs or outputs, or for performance"
    if count_of(window) is not None:
        return "a slice is watched in windows of an hour, a day or a week"
    return "a slice is held against another one than itself" if against == slice else ""


def check_declared(monitors: list[DeclaredMonitor]) -> None:
    """Raise ValueError for too many monitors, or two of one name."""
    names = [monitor.name for monitor in monitors]
    if len(names) > MOST_DECLARED or len(set(names)) != len(names):
        raise ValueError(f"monitors: at most {MOST_DECLARED}, each with a name of its own, got {', '.join(names)}")
