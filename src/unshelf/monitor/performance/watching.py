"""The watch over quality: a version whose predictions got worse than they were raises an alert, and ends it when they are good again."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from typing import Any, NamedTuple

from unshelf.contracts.monitoring.measures import LOWER_IS_BETTER
from unshelf.monitor.alerts.alert import OPERATOR, Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.performance.metrics import Metric, metrics_of
from unshelf.monitor.performance.service import QualityService
from unshelf.monitor.performance.sums import QualitySums

PERFORMANCE_FELL = "performance_fell"
RECENT = timedelta(days=7)
"""The window that is judged: the last predictions of a version, up to now."""
_BEFORE = timedelta(days=90)
"""The window before, which it is held against."""
_LEAST = 100
"""Labelled rows without which neither window is judged."""
_NORMAL = NormalDist()
_TAIL = 0.025
_JUDGED = ("accuracy", "mae", "ndcg@10")


class Fall(NamedTuple):
    """A measure of a part that got worse."""

    slice: str
    """`COLUMN=VALUE`; empty: all rows."""
    then: Metric
    since: Metric
    labelled_then: int
    labelled: int
    lower_is_better: bool


class QualityWatch:
    """Looks at models whose quality changed."""

    def __init__(
        self,
        alerts: AlertService,
        quality: QualityService,
        *,
        owner_of: Callable[[str], str | None],
        clock: Callable[[], datetime],
    ) -> None:
        """`owner_of`: who looks after a model; None: nobody does any more."""
        self._alerts = alerts
        self._quality = quality
        self._owner_of = owner_of
        self._clock = clock

    def look(self, models: Collection[str]) -> None:
        """Raise or end the alert of each model."""
        for model in models:
            found = next(filter(None, (self._fallen(model, version) for version in self._latest(model))), None)
            if found is None:
                self._alerts.over(PERFORMANCE_FELL, model)
            else:
                self._alerts.report(found)

    def _latest(self, model: str) -> list[int]:
        return sorted(self._quality.versions(model), reverse=True)[:5]

    def _fallen(self, model: str, version: int) -> Finding | None:
        """Return what is wrong with a version; None: nothing that its labels can show."""
        end = self._clock().astimezone(UTC)
        recent = self._quality.parts(model, version, end - RECENT, end + timedelta(hours=1))
        earlier = self._quality.parts(model, version, end - RECENT - _BEFORE, end - RECENT)
        fallen = _worst(earlier, recent) or self._worst_custom(model, version, end)
        if fallen is None:
            return None
        slice, then, since = fallen.slice, fallen.then, fallen.since
        rows = recent.get(slice, QualitySums()).rows
        where = "" if not slice else " where " + slice.replace("=", " is ", 1)
        begin = end - RECENT
        return Finding(
            kind=PERFORMANCE_FELL, model=model, severity="warning",
            summary=f"The {_word(since)} of {model}:{version}{where} went from {_said(then)} to {_said(since)} in the last seven days.",
            evidence={
                "monitor": "performance", "version": version, **({"slice": slice} if slice else {}), "reference": "the ninety days before",
                "window": {"since": begin.isoformat(), "until": end.isoformat(), "rows": rows},
                "since": self._since(model, version, slice, begin.isoformat()),
                "columns": [_column(fallen, f"{fallen.labelled:,} labelled rows, was {_said(then)} of {fallen.labelled_then:,}")],
            },
            action="replace", owner=self._owner_of(model) or OPERATOR,
            advice="Look at Quality on the model's monitoring page: which classes and slices got worse, and whether its inputs drifted. "
            "Roll back if an earlier version is better on the same predictions, or train anew with the labels that arrived.",
        )  # fmt: skip

    def _since(self, model: str, version: int, slice: str, begin: str) -> str:
        """Return the beginning of the first bad window in a row, in ISO 8601: that of the open alert, where it is about the same part."""
        for alert in self._alerts.open_of(PERFORMANCE_FELL):
            known = alert.finding.evidence
            if alert.finding.model == model and (known.get("version"), known.get("slice", "")) == (version, slice):
                return str(known.get("since") or known["window"]["since"])
        return begin

    def _worst_custom(self, model: str, version: int, end: datetime) -> Fall | None:
        """Return the metric of the model's own that fell the furthest, of those of which it is known which values are better.

        All rows come before any slice. The days of the window that is judged are whole ones."""
        judged = [each.metric for each in self._quality.states(model) if each.metric.definition.better != "neither"]
        if not judged:
            return None
        middle = (end - RECENT).replace(hour=0, minute=0, second=0, microsecond=0)
        recent = self._quality.custom(model, middle, end + timedelta(days=1))
        earlier = self._quality.custom(model, middle - _BEFORE, middle)
        parts = sorted(recent.slices(version) & earlier.slices(version))
        fallen = []
        for slice in parts:
            then, since = (
                {each.name: each for each in values.metrics(version=version, slice=slice)}
                for values in (earlier, recent)
            )
            for metric in judged:
                name, lower = metric.name, metric.definition.better == "lower"
                counts = earlier.labelled(name, version, slice), recent.labelled(name, version, slice)
                if name not in then or name not in since or min(counts) < _LEAST:
                    continue
                among = len(judged) * (len(parts) if slice else 1)
                if is_worse(then[name], since[name], among=among, lower_is_better=lower):
                    fallen.append(Fall(slice, then[name], since[name], *counts, lower))
        return min(fallen, key=lambda each: (bool(each.slice), -_distance(each)), default=None)


def is_worse(before: Metric, after: Metric, *, among: int = 1, lower_is_better: bool | None = None) -> bool:
    """Whether a measure is worse by more than chance: the intervals do not touch, and it lies on the worse side.

    `among`: how many parts are judged, all of which share the level (Bonferroni): the more, the wider the intervals.
    `lower_is_better` None: as of the measure that every model has by that name."""
    if before.low is None or before.high is None or after.low is None or after.high is None:
        return False
    wider = _NORMAL.inv_cdf(1 - _TAIL / max(1, among)) / _NORMAL.inv_cdf(1 - _TAIL)
    if after.name in LOWER_IS_BETTER if lower_is_better is None else lower_is_better:
        return after.value - wider * (after.value - after.low) > before.value + wider * (before.high - before.value)
    return after.value + wider * (after.high - after.value) < before.value - wider * (before.value - before.low)


def _worst(earlier: Mapping[str, QualitySums], recent: Mapping[str, QualitySums]) -> Fall | None:
    """Return the part that got worse, with its measure before and now: all rows before any slice, else the slice that fell the furthest."""
    known = [
        name for name in recent if name in earlier and min(recent[name].labelled, earlier[name].labelled) >= _LEAST
    ]
    fallen = []
    for name in known:
        then, since = _judged(earlier[name]), _judged(recent[name])
        if then is not None and since is not None and is_worse(then, since, among=len(known) if name else 1):
            counts = earlier[name].labelled, recent[name].labelled
            fallen.append(Fall(name, then, since, *counts, since.name in LOWER_IS_BETTER))
    return min(fallen, key=lambda each: (bool(each.slice), -abs(each.then.value - each.since.value)), default=None)


def _distance(fall: Fall) -> float:
    """Return how far a metric fell, in half widths of the interval before, so that metrics of different units can be compared."""
    then = fall.then
    width = 0.0 if then.low is None or then.high is None else (then.high - then.low) / 2
    return abs(fall.since.value - then.value) / (width or 1.0)


def _judged(sums: QualitySums) -> Metric | None:
    by_name = {each.name: each for each in metrics_of(sums)}
    return next((by_name[name] for name in _JUDGED if name in by_name), None)


def _column(fall: Fall, of: str) -> dict[str, Any]:
    """Return the measure as evidence, larger where it is worse: a share of right answers as that of wrong ones."""
    before, after = fall.then, fall.since
    edge = before.high if fall.lower_is_better else before.low
    limit = before.value if edge is None else edge
    name, value = after.name, after.value
    if name == "accuracy" and not after.custom:
        name, value, limit = "wrong_answers", 1 - value, 1 - limit
    return {
        "column": "", "measure": name, "value": round(value, 6), "threshold": round(limit, 6), "say": f"{_said(after)} of {of}",
    }  # fmt: skip


def _word(metric: Metric) -> str:
    return "mean absolute error" if metric.name == "mae" else metric.name


def _said(metric: Metric) -> str:
    return f"{metric.value:.1%}" if metric.name == "accuracy" else f"{metric.value:.4g}"
