"""Alerts of monitors: one a kind and model, open from the first bad window until the next that is judged and fine."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.monitor.alerts.alert import OPERATOR, Action, Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.monitors.judging.verdict import MeasuredColumn, MonitorResult
from unshelf.monitor.monitors.monitor import LENGTHS, Monitor, MonitorKind, counted_size
from unshelf.monitor.monitors.results import ResultStore

KINDS: dict[MonitorKind, str] = {
    "inputs": "inputs_drifted", "outputs": "outputs_drifted", "quality": "data_damaged", "volume": "volume_unusual",
    "errors": "errors_high", "latency": "latency_high",
}  # fmt: skip
"""Kind of monitor → kind of its alerts; docs/concepts/alerts.md explains each."""
_MOST_COLUMNS = 10
_MOST_NAMED = 3
_MOST_RESULTS = 60
_FRESH_WINDOWS = 2
"""An alarm in an older window raises nothing any more: back-filled windows are of the past."""
_FRESH_JUDGED = timedelta(days=2)
"""The same of a window of predictions, by when it was judged."""
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
}  # fmt: skip


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
            for kind in KINDS.values()
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
            for kind, alarms in states.items():
                self._settle(model, kind, alarms)

    def _alarms(self, session: Session, monitors: Sequence[Monitor], live: Sequence[int]) -> list[_Alarm]:
        """Return the alarms of monitors of one kind, the worst first."""
        alarms = list[_Alarm]()
        for monitor in monitors:
            for version in versions_watched(monitor, live):
                recent = self._results.recent(session, monitor.model, monitor.name, version, most=_MOST_RESULTS)
                bad = _bad_ones([each for each in recent if each.verdict.status != "not_judged"])
                if bad:
                    alarms.append(_Alarm(monitor, bad[0], bad[-1].since))
        alarms.sort(
            key=lambda each: (each.monitor.severity != "critical", -_excess(each.result), each.result.version or 0)
        )
        return alarms

    def _settle(self, model: str, kind: MonitorKind, alarms: Sequence[_Alarm]) -> None:
        name = KINDS[kind]
        present = next((each for each in self._alerts.open_of(name) if each.finding.model == model), None)
        if present is None:
            alarms = [each for each in alarms if _is_fresh(each.monitor, each.result)]
        if not alarms:
            if present is not None:
                self._alerts.over(name, model)
            return
        finding = _finding(alarms, self._maker(model) or OPERATOR)
        if present is None or present.finding != finding:
            self._alerts.report(finding)


def versions_watched(monitor: Monitor, live: Sequence[int]) -> Sequence[int | None]:
    """Return the versions that a monitor watches now; None stands for all together, as of volume, unless somebody names one."""
    if monitor.version is not None:
        return [monitor.version]
    return [None] if monitor.kind == "volume" else live


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
    return result.until > now() - _FRESH_WINDOWS * LENGTHS[monitor.window]


def _excess(result: MonitorResult) -> float:
    verdict = result.verdict
    return (verdict.value or 0.0) / verdict.threshold if verdict.threshold else 0.0


def _finding(alarms: Sequence[_Alarm], owner: str) -> Finding:
    worst = alarms[0]
    monitor, result = worst.monitor, worst.result
    bad = [each for each in result.verdict.columns if each.bad]
    action, advice = _ADVICE[monitor.kind]
    evidence: dict[str, Any] = {
        "monitor": monitor.name, "version": result.version, "reference": result.verdict.reference or monitor.reference,
        "window": {"since": result.since.isoformat(), "until": result.until.isoformat(), "rows": result.verdict.rows},
        "columns": [_evidence_of(each) for each in bad[:_MOST_COLUMNS]], "since": worst.since.isoformat(),
    }  # fmt: skip
    if len(alarms) > 1:
        evidence["also"] = [{"monitor": each.monitor.name, "version": each.result.version} for each in alarms[1:]]
    return Finding(
        kind=KINDS[monitor.kind], model=monitor.model, severity=monitor.severity, summary=_summary(monitor, result, bad)[:500],
        evidence=evidence, action=action, advice=advice, owner=owner,
    )  # fmt: skip


def _evidence_of(each: MeasuredColumn) -> dict[str, Any]:
    plain = each.plain()
    del plain["bad"]
    return plain


def _summary(monitor: Monitor, result: MonitorResult, bad: Sequence[MeasuredColumn]) -> str:
    name = monitor.model if result.version is None else f"{monitor.model}:{result.version}"
    columns = list(dict.fromkeys(each.column for each in bad))
    listed = ", ".join(columns[:_MOST_NAMED]) + (
        f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    )
    first = bad[0]
    if monitor.kind in ("inputs", "outputs"):
        return f"{monitor.kind.capitalize()} of {name} have drifted from {result.verdict.reference}: {listed}."
    if monitor.kind == "quality":
        return f"Data that {name} is asked about is damaged: {listed}. {first.column} {first.say}."
    if monitor.kind == "volume":
        return f"{name} is asked {'less' if first.measure == 'silence' else 'more'} than usual: {first.say}."
    if monitor.kind == "errors":
        return f"Too many requests to {name} {'are refused' if first.measure == 'refused' else 'fail'}: {first.say}."
    return f"Answers of {name} take too long: {first.say}."
