"""Judges how good predictions were in a window: by their labels, or by the estimate of their quality while there are too few."""

from statistics import NormalDist
from typing import NamedTuple

from unshelf.contracts.monitoring.measures import LOWER_IS_BETTER, SHARES, title_of
from unshelf.monitor.monitors.judging.verdict import ESTIMATED, MeasuredColumn, Verdict, not_judged, verdict_of
from unshelf.monitor.monitors.monitor import PerformanceMeasure
from unshelf.monitor.performance.estimates.estimate import Estimate
from unshelf.monitor.performance.metrics import Metric, metrics_of
from unshelf.monitor.performance.sums import QualitySums

_USUAL = ("accuracy", "mae", "ndcg@10")
"""The measure where none is named: the first that a window has."""
_NORMAL = NormalDist()
_WHOLE = _NORMAL.inv_cdf(0.975)
ALL_ROWS = "all rows"


class OwnValue(NamedTuple):
    """A metric of the model's own on a window."""

    metric: Metric | None
    """None: it has no value."""
    rows: int = 0
    """Labelled rows that it is of."""
    worse: str = ""
    """Whether values below or above the limit are bad; empty: nobody says."""
    problem: str = ""
    """Why there is no value, in a sentence; empty: no row has a label, or it was not evaluated yet."""


class MeasuredWindow(NamedTuple):
    """Predictions of a window, or of its slice."""

    sums: QualitySums
    estimate: Estimate | None = None
    """None: it was not asked for, or there is none."""
    missing: str = ""
    """Why there is none, in a sentence; empty: that is not known."""
    own: OwnValue | None = None
    """The metric of the model's own that is measured; None: another measure is."""

    @property
    def labelled(self) -> int:
        """Labelled rows that the measure is of."""
        return self.sums.labelled if self.own is None else self.own.rows


def judge_performance(
    window: MeasuredWindow, reference: MeasuredWindow | None, measure: PerformanceMeasure, *, threshold: float, level: float, against: str
) -> Verdict:  # fmt: skip
    """Judge a window. `level`: the chance of a false alarm; `reference`, `against`: of a relative threshold, and a few words on it.

    An alarm needs a measure that is worse than the limit by more than chance: its interval, widened from 95 % to the level, lies beyond the
    limit, and beyond the reference's interval where the limit follows from that. A measure without an interval, such as F1, is compared as
    it is."""
    metric, is_estimate, rows, reason = _metric_of(window, measure)
    if metric is None:
        return not_judged(reason, rows=rows, threshold=threshold)
    is_lower = metric.name in LOWER_IS_BETTER if window.own is None else window.own.worse == "above"
    wider = _NORMAL.inv_cdf(1 - level) / _WHOLE
    if not measure.relative:
        limit, edge, before = threshold, threshold, None
    else:
        before = None if reference is None else _before(reference, metric.name, measure.least_labels)
        if reference is None or before is None:
            labelled = 0 if reference is None else reference.labelled
            return not_judged(
                f"It has no reference: {labelled:,} rows of {against} have a label, and {measure.least_labels} are the least.",
                rows=rows, threshold=threshold,
            )  # fmt: skip
        limit, edge = _limits(before, threshold, wider, is_lower=is_lower)
    low, high = _ends(metric, wider)
    is_bad = low > edge if is_lower else high < edge
    column = MeasuredColumn(
        column=measure.slice or ALL_ROWS, measure=f"{ESTIMATED}{metric.name}" if is_estimate else metric.name, value=metric.value,
        threshold=limit, bad=is_bad, say=_words(metric, rows, before, limit, against, is_estimate=is_estimate),
    )  # fmt: skip
    return verdict_of([column], rows=rows, threshold=limit, reference=against if measure.relative else "")


def _metric_of(window: MeasuredWindow, measure: PerformanceMeasure) -> tuple[Metric | None, bool, int, str]:
    """Return the measure of a window, whether it is estimated, its rows, and why there is none."""
    if window.own is not None:
        return _own_metric(window.own, measure)
    labelled, estimate = window.sums.labelled, window.estimate
    if labelled >= measure.least_labels:
        found = _labelled_metric(window.sums, measure.metric, measure.least_labels)
        known = ", ".join(each.name for each in metrics_of(window.sums))
        return found, False, labelled, f"The window has no {measure.metric or 'measure'}; it has {known or 'none'}."
    if measure.estimated and estimate is not None and measure.metric in ("", estimate.name):
        return (
            Metric(name=estimate.name, value=estimate.value, low=estimate.low, high=estimate.high), True, estimate.rows, ""
        )  # fmt: skip
    where = f" where {measure.slice.replace('=', ' is ', 1)}" if measure.slice else ""
    few = f"{labelled or 'No'} row{'s' if labelled > 1 else ''} of this window{where} {'have' if labelled > 1 else 'has'} a label"
    reason = f"{few}; {measure.least_labels} are the least that are judged."
    if measure.estimated:
        reason += f" There is no estimate: {window.missing or 'too few rows before it have a label.'}"
    return None, False, labelled, reason


def _labelled_metric(sums: QualitySums, name: str, least: int) -> Metric | None:
    if sums.labelled < least:
        return None
    by_name = {each.name: each for each in metrics_of(sums)}
    return by_name.get(name) if name else next((by_name[each] for each in _USUAL if each in by_name), None)


def _own_metric(own: OwnValue, measure: PerformanceMeasure) -> tuple[Metric | None, bool, int, str]:
    """Return a metric of the model's own, that it is no estimate, its rows, and why it is not judged."""
    where = f" where {measure.slice.replace('=', ' is ', 1)}" if measure.slice else ""
    if own.metric is None:
        reason = own.problem or f"No day of this window has a value of {measure.metric}{where} yet."
    elif own.rows < measure.least_labels:
        reason = f"{own.rows:,} labelled rows of this window{where} have a value; {measure.least_labels} are the least that are judged."
    elif not own.worse:
        reason = (
            f"The metric {measure.metric} does not say which of its values are better, and the monitor does not either."
        )
    else:
        return own.metric, False, own.rows, ""
    return None, False, own.rows, reason


def _before(reference: MeasuredWindow, name: str, least: int) -> Metric | None:
    """Return the measure of a reference; None: too few of its rows have a label."""
    if reference.own is None:
        return _labelled_metric(reference.sums, name, least)
    return reference.own.metric if reference.own.rows >= least else None


def _limits(before: Metric, fall: float, wider: float, *, is_lower: bool) -> tuple[float, float]:
    """Return the limit that a fall from a reference leads to, and the same from the end of the reference's interval that is worse."""
    low, high = _ends(before, wider)
    if is_lower:
        return before.value + fall * abs(before.value), high + fall * abs(high)
    return before.value - fall * abs(before.value), low - fall * abs(low)


def _ends(metric: Metric, wider: float) -> tuple[float, float]:
    if metric.low is None or metric.high is None:
        return metric.value, metric.value
    return metric.value - wider * (metric.value - metric.low), metric.value + wider * (metric.high - metric.value)


def _words(metric: Metric, rows: int, before: Metric | None, limit: float, against: str, *, is_estimate: bool) -> str:
    name, low, high = metric.name, metric.low, metric.high
    interval = "" if low is None or high is None else f" (95 % interval {said(name, low)} to {said(name, high)})"
    if is_estimate:
        first = f"{title_of(name)} is estimated at {said(name, metric.value)}{interval} of {rows:,} rows, before their labels"
    else:
        first = f"{title_of(name)} is {said(name, metric.value)}{interval} of {rows:,} labelled rows"
    if before is None:
        return f"{first}; {said(name, limit)} is the worst that is fine"
    return f"{first}; it was {said(name, before.value)} in {against}, and {said(name, limit)} is the worst that is fine"


def said(name: str, value: float) -> str:
    """Return a value of a measure as people write it."""
    return f"{value:.1%}" if name in SHARES else f"{value:.4g}"
