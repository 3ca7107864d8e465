"""Runs that people ask for: monitors judge windows now, also those of the past."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.monitor.monitors.alerting import MonitorAlerts
from unshelf.monitor.monitors.judging.evaluation import WindowEvaluation
from unshelf.monitor.monitors.judging.verdict import MonitorResult
from unshelf.monitor.monitors.monitor import LENGTHS, CountSpan, Monitor, Span, counted_size, windows_between
from unshelf.monitor.monitors.results import KEPT_DAYS, ResultStore
from unshelf.monitor.monitors.service import MonitorService
from unshelf.monitor.monitors.watching import GRACE
from unshelf.monitor.monitors.window_index import WindowIndex

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_AT_ONCE = 100
"""Results that are stored in one transaction."""
_SECONDS = 10.0
"""How long one call goes on; the next one goes on from where it came to."""


@dataclass(frozen=True, kw_only=True)
class RunReport:
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
    """Whether that is all; else another run from `reached` on goes on with it."""


class MonitorRuns:
    """Has monitors judge windows at once. What was judged already, and has not changed, is left as it is."""

    def __init__(
        self, database: Database, monitors: MonitorService, *, evaluation: Callable[[bool], WindowEvaluation], index: WindowIndex,
        results: ResultStore, alerts: MonitorAlerts, grace: timedelta = GRACE, seconds: float = _SECONDS,
    ) -> None:  # fmt: skip
        """`evaluation` makes one, with or without records that are not counted yet."""
        self._database = database
        self._monitors = monitors
        self._evaluation = evaluation
        self._index = index
        self._results = results
        self._alerts = alerts
        self._grace = grace
        self._seconds = seconds

    def run(self, actor: Actor, model: str, *, monitor: str | None = None, since: datetime | None = None) -> RunReport:
        """Judge the windows since a moment, or, without one, those that are not over and the ones before.

        Alarms of the past raise no alert. Raises NotFound, and InvalidInput for a moment that lies too far back, or ahead."""
        moment = now()
        with self._database.read() as session:
            scope = scope_of(session, model)
            actor.must_see(scope)
            actor.must(Permission.MODEL_DEPLOY, scope)
            usual = self._monitors.find(session, model, monitor or "inputs")
            chosen = (
                [usual] if monitor else [each for each in self._monitors.of_model(session, model) if not each.paused]
            )
            first = self._index.first(session, model)
        if since is not None and not moment - timedelta(days=KEPT_DAYS) <= since <= moment:
            raise InvalidInput(
                f"Results are kept for {KEPT_DAYS} days, and there are none of times to come.",
                hint="Name a moment between.",
            )
        begin = max(since, first) if since is not None and first is not None else since
        return self._judge(chosen, begin, moment)

    def _judge(self, monitors: list[Monitor], since: datetime | None, moment: datetime) -> RunReport:
        evaluation, ends = self._evaluation(since is None), time.monotonic() + self._seconds
        work = sorted(_work(monitors, since, moment), key=lambda each: (each[1].until, each[1].since, each[0].name))
        begin = min((span.since for _, span in work), default=moment)
        with self._database.read() as session:
            counted = self._index.counted(session, monitors[0].model, Span(begin, moment))
        found, reached, judged, alarms = list[MonitorResult](), moment, 0, 0
        for place, (monitor, span) in enumerate(work):
            if judged and time.monotonic() > ends:
                reached = min(each.since for _, each in work[place:])
                break
            new = self._of_window(evaluation, monitor, span, counted if since is not None else None, moment)
            judged, alarms = judged + len(new), alarms + sum(each.verdict.status == "alarm" for each in new)
            found += new
            if len(found) >= _AT_ONCE:
                self._results.put(found)
                found.clear()
        counts = self._of_predictions(evaluation, monitors, since, moment)
        judged, alarms = judged + len(counts), alarms + sum(each.verdict.status == "alarm" for each in counts)
        self._results.put([*found, *counts])
        self._alerts.settle({each.model for each in monitors})
        return RunReport(judged=judged, alarms=alarms, since=since or begin, reached=reached, done=reached == moment)

    def _of_predictions(
        self, evaluation: WindowEvaluation, monitors: list[Monitor], since: datetime | None, moment: datetime
    ) -> list[MonitorResult]:
        """Judge the closed windows of predictions that are kept, those since a moment where one is given, and were not judged."""
        work: list[tuple[Monitor, int, CountSpan, MonitorResult | None]] = []
        with self._database.read() as session:
            for monitor in monitors:
                size = counted_size(monitor)
                for each in self._index.closed(session, monitor.model, size) if size is not None else ():
                    if monitor.version in (None, each.version) and (since is None or each.span.until >= since):
                        before = self._results.at(session, monitor.model, monitor.name, each.version, each.span)
                        work.append((monitor, each.version, each.span, before))
        found = [
            evaluation.evaluate(monitor, version, span, before, moment=moment, complete=True)
            for monitor, version, span, before in work
        ]
        return [each for each in found if each is not None]

    def _of_window(
        self, evaluation: WindowEvaluation, monitor: Monitor, span: Span, counted: dict[datetime, datetime] | None, moment: datetime
    ) -> list[MonitorResult]:  # fmt: skip
        """Judge a window of each version. `counted`: when hours were counted, where only what is counted matters; then a window that was
        judged since is not read again."""
        complete = span.until + self._grace <= moment
        with self._database.read() as session:
            versions = self._versions(session, monitor, span, now_too=counted is None)
            known = {each: self._results.at(session, monitor.model, monitor.name, each, span) for each in versions}
        changed_at = max(
            (at for start, at in (counted or {}).items() if span.since <= start < span.until), default=None
        )
        if monitor.kind == "performance" or monitor.slice:  # also labels, and the past of a slice, change what is found
            changed_at = moment
        found = []
        for version in versions:
            before = known[version]
            if before is not None and counted is not None and before.complete == complete:
                since = max((at for at in (changed_at, monitor.changed_at) if at is not None), default=_LONG_AGO)
                if since < before.judged_at:
                    continue
            result = evaluation.evaluate(monitor, version, span, before, moment=moment, complete=complete)
            if result is not None:
                found.append(result)
        return found

    def _versions(self, session: Session, monitor: Monitor, span: Span, *, now_too: bool) -> list[int | None]:
        """Return the versions to judge: those with records, and with `now_too` those that may have some that are not counted yet."""
        if monitor.version is not None or monitor.kind == "volume":
            return [monitor.version]
        counted = self._index.versions(session, monitor.model, span)
        return sorted({*counted, *(self._monitors.live(session, monitor.model) if now_too else ())})


def _work(monitors: list[Monitor], since: datetime | None, moment: datetime) -> Iterator[tuple[Monitor, Span]]:
    for monitor in monitors:
        if counted_size(monitor) is not None:
            continue
        begin = moment - LENGTHS[monitor.window] if since is None else since
        for span in windows_between(begin, moment, monitor.window):
            yield monitor, span
