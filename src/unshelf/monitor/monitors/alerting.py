"""Alerts of monitors: one a kind and model, open from the first bad window until the next that is judged and fine."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.monitoring.measures import LOWER_IS_BETTER, SHARES
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.monitor.alerts.alert import OPERATOR, Action, Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.monitors.judging.evaluation import in_words
from unshelf.monitor.monitors.judging.verdict import ESTIMATED, MeasuredColumn, MonitorResult
from unshelf.monitor.monitors.monitor import LENGTHS, Monitor, MonitorKind, counted_size
from unshelf.monitor.monitors.results import ResultStore

KINDS: dict[MonitorKind, str] = {
    "inputs": "inputs_drifted", "outputs": "outputs_drifted", "quality": "data_damaged", "volume": "volume_unusual",
    "errors": "errors_high", "latency": "latency_high", "performance": "performance_low",
}  # fmt: skip
"""Kind of monitor → kind of its alerts; docs/concepts/alerts.md explains each."""
ESTIMATED_LOW = "performance_estimated_low"
"""The kind of alerts of performance as it is estimated before labels arrive."""
_MOST_COLUMNS = 10
_MOST_NAMED = 3
_MOST_RESULTS = 60
_FRESH_WINDOWS = 2
"""An alarm in an older window raises nothing any more: back-filled windows are of the past."""
_FRESH_JUDGED = timedelta(days=2)
"""The same of a window of predictions, by when it was judged."""
_LABELS_LATE = timedelta(days=60)
"""The same of windows that labels tell about, which come late."""
_ADVICE: dict[MonitorKind, tuple[Action, str]] = {
    "inputs": (
        "update",
        "Callers ask about other things than the model was trained on. Look at the columns; train it on newer data, or go back "
        "to a version that was trained on such.",
    ),
    "outputs": (
        "update",
        "The model answers otherwise than it used to. See whether its inputs drifted too: then train it anew; else look at the "
        "last release, and roll it back.",
    ),
    "quality": (
        "pause",
        "Something before the model sends damaged data. Find out with its callers what changed; while its answers do harm, "
        "pause the model.",
    ),
    "volume": (
        "ignore",
        "See with its callers whether that is meant: a caller that is down, or one that repeats itself.",
    ),
    "errors": (
        "replace",
        "See `unshelf logs` for the failures. If they began with a release, roll it back; if requests are refused, callers send "
        "something else than the signature.",
    ),
    "latency": (
        "update",
        "See whether requests wait for workers: then give the model more replicas or a larger tier. Else the version itself is "
        "slow: go back to the one before.",
    ),
    "performance": (
        "replace",
        "Look at Quality on the model's monitoring page: which classes and slices got worse, and whether its inputs drifted. "
        "Roll back if an earlier version is better on the same predictions, or train anew with the labels that arrived.",
    ),
}  # fmt: skip
_ESTIMATE_ADVICE: tuple[Action, str] = (
    "update",
    "This is an estimate: no labels say so yet. See whether the inputs drifted, and send labels of some of these predictions; they "
    "confirm it, or end this alert. It can't see that the same inputs mean something else than before.",
)


@dataclass(frozen=True)
class _Alarm:
    monitor: Monitor
    result: MonitorResult
    since: datetime
    """The beginning of the first bad window in a row."""


class MonitorAlerts:
    """Raises, renews and resolves alerts by what is kept of results."""

    def __init__(
        self, database: Database, alerts: AlertService, results: ResultStore, *, monitors_of: Callable[[Session, str], list[Monitor]],
        live: Callable[[Session, str], list[int]], maker: Callable[[str], str | None],
    ) -> None:  # fmt: skip
        """`live`: the versions of a model that callers get. `maker` names the user responsible for a model."""
        self._database = database
        self._alerts = alerts
        self._results = results
        self._monitors_of = monitors_of
        self._live = live
        self._maker = maker

    def alerted(self) -> set[str]:
        """Return the models with an open alert of a monitor."""
        return {
            alert.finding.model
            for kind in (*KINDS.values(), ESTIMATED_LOW)
            for alert in self._alerts.open_of(kind)
            if alert.finding.model
        }

    def settle(self, models: Collection[str]) -> None:
        """Have the alerts of these models be as their results say. What is so already is not written again."""
        for model in sorted(models):
            with self._database.read() as session:
                monitors, live = self._monitors_of(session, model), self._live(session, model)
                states = {
                    kind: self._alarms(
                        session, [each for each in monitors if each.kind == kind and not each.paused], live
                    )
                    for kind in KINDS
                }
                has_labels = self._newest_has_labels(session, monitors, live)
            for kind, alarms in states.items():
                measured = [each for each in alarms if not each.result.verdict.is_estimate]
                self._settle(model, KINDS[kind], measured)
                if kind == "performance":
                    because = "Labels have come, and do not show it." if has_labels else "The estimate is fine again."
                    because = "Labels have come, and confirm it." if measured else because
                    estimated = [] if measured else [each for each in alarms if each.result.verdict.is_estimate]
                    self._settle(model, ESTIMATED_LOW, estimated, because=because)

    def _alarms(self, session: Session, monitors: Sequence[Monitor], live: Sequence[int]) -> list[_Alarm]:
        """Return the alarms of monitors of one kind, the worst first."""
        alarms = list[_Alarm]()
        for monitor in monitors:
            for version in versions_watched(monitor, live):
                recent = self._results.recent(session, monitor.model, monitor.name, version, most=_MOST_RESULTS)
                for bad in _rows_of_bad([each for each in recent if each.verdict.status != "not_judged"]):
                    alarms.append(_Alarm(monitor, bad[0], bad[-1].since))
        alarms.sort(
            key=lambda each: (each.monitor.severity != "critical", -_excess(each.result), each.result.version or 0)
        )
        return alarms

    def _newest_has_labels(self, session: Session, monitors: Sequence[Monitor], live: Sequence[int]) -> bool:
        """Whether the newest window is judged by labels by all monitors that also judge estimates."""
        newest = [
            next((each for each in recent if each.verdict.status != "not_judged"), None)
            for monitor in monitors
            if monitor.measure.estimated and not monitor.paused
            for version in versions_watched(monitor, live)
            for recent in [self._results.recent(session, monitor.model, monitor.name, version, most=_MOST_RESULTS)]
        ]
        return all(each is None or not each.verdict.is_estimate for each in newest)

    def _settle(self, model: str, name: str, alarms: Sequence[_Alarm], *, because: str = "") -> None:
        """`because`: why there are none, where that is known."""
        present = next((each for each in self._alerts.open_of(name) if each.finding.model == model), None)
        if present is None:
            alarms = [each for each in alarms if _is_fresh(each.monitor, each.result)]
        if not alarms:
            if present is not None:
                self._alerts.over(name, model, because=because)
            return
        finding = _finding(name, alarms, self._maker(model) or OPERATOR)
        if present is None or present.finding != finding:
            self._alerts.report(finding)


def versions_watched(monitor: Monitor, live: Sequence[int]) -> Sequence[int | None]:
    """Return the versions that a monitor watches now; None stands for all together, as of volume, unless somebody names one."""
    if monitor.version is not None:
        return [monitor.version]
    return [None] if monitor.kind == "volume" else live


def _rows_of_bad(judged: Sequence[MonitorResult]) -> list[list[MonitorResult]]:
    """Return the bad windows in a row up to now; where the newest ones are estimates, also those of the windows that have labels."""
    measured = [each for each in judged if not each.verdict.is_estimate]
    found = [_bad_ones(measured)]
    if judged and judged[0].verdict.is_estimate:
        newest = judged[: judged.index(measured[0])] if measured else judged
        found.append(_bad_ones(newest))
    return [each for each in found if each]


def _bad_ones(judged: Sequence[MonitorResult]) -> list[MonitorResult]:
    """Return the bad windows in a row up to now, the newest first. A window that is fine so far but not over does not end the row."""
    start = 1 if judged and judged[0].verdict.status == "ok" and not judged[0].complete else 0
    bad = []
    for each in judged[start:]:
        if each.verdict.status != "alarm":
            break
        bad.append(each)
    return bad


def _is_fresh(monitor: Monitor, result: MonitorResult) -> bool:
    if counted_size(monitor) is not None:  # it is judged when it is closed, however long that took
        return result.judged_at > now() - _FRESH_JUDGED
    fresh = _FRESH_WINDOWS * LENGTHS[monitor.window]
    if monitor.kind == "performance" and not result.verdict.is_estimate:
        fresh = max(fresh, _LABELS_LATE)
    return result.until > now() - fresh


def _excess(result: MonitorResult) -> float:
    verdict = result.verdict
    return (verdict.value or 0.0) / verdict.threshold if verdict.threshold else 0.0


def _finding(kind: str, alarms: Sequence[_Alarm], owner: str) -> Finding:
    worst = alarms[0]
    monitor, result = worst.monitor, worst.result
    bad = [each for each in result.verdict.columns if each.bad]
    action, advice = _ESTIMATE_ADVICE if kind == ESTIMATED_LOW else _ADVICE[monitor.kind]
    evidence: dict[str, Any] = {
        "monitor": monitor.name, "version": result.version, "reference": result.verdict.reference or monitor.reference,
        "window": {"since": result.since.isoformat(), "until": result.until.isoformat(), "rows": result.verdict.rows},
        "columns": [_evidence_of(each) for each in bad[:_MOST_COLUMNS]], "since": worst.since.isoformat(),
    }  # fmt: skip
    if monitor.kind == "performance":
        evidence["estimated"] = result.verdict.is_estimate
    if monitor.slice:
        evidence["slice"] = monitor.slice
    if len(alarms) > 1:
        evidence["also"] = [{"monitor": each.monitor.name, "version": each.result.version} for each in alarms[1:]]
    return Finding(
        kind=kind, model=monitor.model, severity=monitor.severity, summary=_summary(monitor, result, bad)[:500],
        evidence=evidence, action=action, advice=advice, owner=owner,
    )  # fmt: skip


def _evidence_of(each: MeasuredColumn) -> dict[str, Any]:
    """Return a measure as evidence, larger where it is worse: a share of right answers as that of wrong ones."""
    plain = each.plain()
    del plain["bad"]
    name = each.measure.removeprefix(ESTIMATED)
    if name in SHARES - LOWER_IS_BETTER:
        plain["measure"] = "wrong_answers" if name == "accuracy" else f"1 - {name}"
        plain["value"], plain["threshold"] = round(1 - each.value, 6), round(1 - each.threshold, 6)
    return plain


def _summary(monitor: Monitor, result: MonitorResult, bad: Sequence[MeasuredColumn]) -> str:
    name = monitor.model if result.version is None else f"{monitor.model}:{result.version}"
    columns = list(dict.fromkeys(each.column for each in bad))
    listed = ", ".join(columns[:_MOST_NAMED]) + (
        f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    )
    first = bad[0]
    if monitor.kind in ("inputs", "outputs"):
        where = f" where {in_words(monitor.slice)}" if monitor.slice else ""
        return f"{monitor.kind.capitalize()} of {name}{where} have drifted from {result.verdict.reference}: {listed}."
    if monitor.kind == "quality":
        return f"Data that {name} is asked about is damaged: {listed}. {first.column} {first.say}."
    if monitor.kind == "volume":
        return f"{name} is asked {'less' if first.measure == 'silence' else 'more'} than usual: {first.say}."
    if monitor.kind == "errors":
        return f"Too many requests to {name} {'are refused' if first.measure == 'refused' else 'fail'}: {first.say}."
    if monitor.kind == "performance":
        where = f" where {monitor.measure.slice.replace('=', ' is ', 1)}" if monitor.measure.slice else ""
        begin = "An estimate, before labels: answers" if result.verdict.is_estimate else "Answers"
        return f"{begin} of {name}{where} are worse than wanted: {first.say}."
    return f"Answers of {name} take too long: {first.say}."
