"""The loop that has monitors judge windows: those that changed as they are counted, and those that ended by the clock."""

import logging
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.monitor.monitors.alerting import MonitorAlerts
from unshelf.monitor.monitors.judging.evaluation import WindowEvaluation
from unshelf.monitor.monitors.judging.performance_windows import ChangedQuality, PerformanceWindows
from unshelf.monitor.monitors.monitor import LENGTHS, Monitor, Span, counted_size, window_at, windows_between
from unshelf.monitor.monitors.results import ResultStore
from unshelf.monitor.monitors.service import MonitorService
from unshelf.monitor.monitors.window_index import WindowIndex

LOOP = "monitors"
GRACE = timedelta(minutes=65)
"""How long after the end of a window its last records may be counted, where a gateway does not close its file, or counting is late."""
SETTLED = timedelta(minutes=1)
"""How long after its end a window is over where all its records are counted: gateways close their files at the full hour."""
_AGAIN = timedelta(seconds=15)
"""How soon a window that has ended, with records that are not counted, is looked at again."""
_LOOK_SECONDS = 5.0
_OVERLAP = timedelta(minutes=2)
"""Windows are read from this long before the newest one that was seen: another process may have stored its own a little later."""
_CATCH_UP = timedelta(hours=2)
"""How far the first look of a process goes back. What was judged already is not judged again."""
_OLDEST = 2 * LENGTHS["week"] + GRACE
"""Records of before this are in no window that is judged as they come."""
_LEARNED_FOR = 14
"""Windows after one whose labels have come that are estimated anew."""
_KNOWN_FOR = timedelta(weeks=8)
"""A model that was not asked for longer is not missed when it is silent."""

logger = logging.getLogger(__name__)


class MonitorWatch:
    """Judges what changes, in one control at a time. While nothing is counted and no window ends, it does nothing."""

    def __init__(
        self, database: Database, monitors: MonitorService, evaluation: WindowEvaluation, *, index: WindowIndex, results: ResultStore,
        alerts: MonitorAlerts, grace: timedelta = GRACE, publish: Callable[[Collection[str]], object] | None = None,
        has_uncounted: Callable[[datetime], bool] = lambda _: True,
    ) -> None:  # fmt: skip
        """`publish` is called with the models of which something was judged, and at first with all. `has_uncounted`: whether there may be
        records from before a moment that are not counted."""
        self._database = database
        self._monitors = monitors
        self._evaluation = evaluation
        self._index = index
        self._performance = PerformanceWindows(database)
        self._results = results
        self._alerts = alerts
        self._grace = grace
        self._publish = publish
        self._has_uncounted = has_uncounted
        self._over_until: datetime | None = None
        """The latest hour up to which all records were found to be counted."""
        self._is_published = False
        self._seen: datetime | None = None
        """When the newest window was counted that was seen."""
        self._closed_seen: datetime | None = None
        """When the newest window of predictions was closed that was seen."""
        self._labelled: datetime | None = None
        """When the newest sums of quality changed that were seen."""
        self._seen_quality: frozenset[ChangedQuality] = frozenset()
        """Hours that were seen of the time that is read again."""
        self._silence_at: datetime | None = None
        """The hour up to which silent models were looked for."""

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name=LOOP, act=self.look, every=_LOOK_SECONDS, after_changes=True)

    def look(self) -> float | None:
        """Judge what changed and what ended, and settle alerts; returns the seconds until the next window ends, None: none does."""
        moment = now()
        self._evaluation.forget_windows()
        touched = (
            self._judge_changed(moment)
            | self._judge_counts(moment)
            | self._judge_labelled(moment)
            | self._judge_ended(moment)
            | self._judge_silent(moment)
        )
        self._alerts.settle(touched | self._alerts.alerted())
        self._publish_found(touched, moment)
        return self._next_end(moment)

    def _publish_found(self, touched: set[str], moment: datetime) -> None:
        if self._publish is None:
            return
        if not self._is_published:
            with self._database.read() as session:
                touched = touched | set(self._index.asked_since(session, moment - _KNOWN_FOR))
            self._is_published = True
        if touched:
            self._publish(touched)

    def _judge_changed(self, moment: datetime) -> set[str]:
        begin = moment - _CATCH_UP if self._seen is None else self._seen - _OVERLAP
        hours = self._index.changed_since(begin, begin=moment - _OLDEST)
        by_model: dict[str, set[datetime]] = {}
        for each in hours:
            by_model.setdefault(each.model, set()).add(each.start)
        touched = set[str]()
        for model, starts in by_model.items():
            with self._database.read() as session:
                monitors = [
                    each for each in self._monitors.of_model(session, model)
                    if not each.paused and counted_size(each) is None
                ]  # fmt: skip
                work = [
                    (monitor, version, span)
                    for monitor in monitors
                    for span in sorted(
                        {window_at(start, monitor.window) for start in starts}, key=lambda one: one.since
                    )
                    if span.until > moment - 2 * LENGTHS[monitor.window] - self._grace
                    for version in self._versions(session, monitor, span)
                ]
            for monitor, version, span in work:
                if self._judge(monitor, version, span, moment):
                    touched.add(model)
        if hours:
            self._seen = max(self._seen or begin, hours[-1].counted_at)
        elif self._seen is None:
            self._seen = begin
        return touched

    def _judge_counts(self, moment: datetime) -> set[str]:
        """Judge the windows of predictions that were closed since the last look, each once."""
        begin = moment - _CATCH_UP if self._closed_seen is None else self._closed_seen - _OVERLAP
        touched = set[str]()
        with self._database.read() as session:
            closed = self._index.closed_since(session, begin)
            known = {model: self._monitors.of_model(session, model) for model in {each.model for each in closed}}
        for each in closed:
            for monitor in known[each.model]:
                is_its = counted_size(monitor) == each.span.size and monitor.version in (None, each.version)
                if (
                    is_its
                    and not monitor.paused
                    and self._judge(monitor, each.version, each.span, moment, complete=True)
                ):
                    touched.add(each.model)
            self._closed_seen = max(self._closed_seen or begin, each.counted_at)
        return touched

    def _judge_labelled(self, moment: datetime) -> set[str]:
        """Judge the performance of windows whose labels or records were joined, however old they are; estimates also of those that
        follow, as they are learned from them."""
        begin = moment - _CATCH_UP if self._labelled is None else self._labelled - _OVERLAP
        changed = self._performance.changed_since(begin)
        new = [each for each in changed if each not in self._seen_quality]
        self._seen_quality = frozenset(changed)
        self._labelled = max((each.changed_at for each in changed), default=self._labelled or begin)
        by_model: dict[str, list[ChangedQuality]] = {}
        for each in new:
            by_model.setdefault(each.model, []).append(each)
        touched = set[str]()
        for model, hours in by_model.items():
            with self._database.read() as session:
                monitors = self._monitors.of_model(session, model)
            for monitor in monitors:
                if monitor.kind == "performance" and not monitor.paused:
                    touching = [each for each in hours if monitor.measure.is_own or not each.own]
                    for version, span in _labelled_windows(monitor, touching, moment):
                        if self._performance.has_rows(model, version, span) and self._judge(
                            monitor, version, span, moment
                        ):
                            touched.add(model)
        return touched

    def _judge_ended(self, moment: datetime) -> set[str]:
        """Judge once more what was judged before its window had ended."""
        with self._database.read() as session:
            unfinished = self._results.unfinished(session, self._over_up_to(moment))
            known = {model: self._monitors.of_model(session, model) for model in {each.model for each in unfinished}}
        touched = set[str]()
        for result in unfinished:
            monitor = next((each for each in known[result.model] if each.name == result.monitor), None)
            if monitor is not None and self._judge(monitor, result.version, Span(result.since, result.until), moment):
                touched.add(result.model)
        return touched

    def _judge_silent(self, moment: datetime) -> set[str]:
        """Judge the volume of the windows that ended last, of models that were asked before: of silence no record tells."""
        hour = window_at(self._over_up_to(moment), "hour").since
        if self._silence_at is not None and hour <= self._silence_at:
            return set()
        touched = set[str]()
        with self._database.read() as session:
            models = self._index.asked_since(session, moment - _KNOWN_FOR)
            work = [
                (monitor, span) for model in models if self._monitors.is_live(session, model)
                for monitor, span in self._ended_volume(session, model, hour)
            ]  # fmt: skip
        for monitor, span in work:
            if self._judge(monitor, monitor.version, span, moment):
                touched.add(monitor.model)
        self._silence_at = hour
        return touched

    def _ended_volume(self, session: Session, model: str, hour: datetime) -> Iterator[tuple[Monitor, Span]]:
        first = self._index.first(session, model)
        for monitor in self._monitors.of_model(session, model):
            if monitor.kind != "volume" or monitor.paused:
                continue
            span = window_at(hour, monitor.window).before()
            if first is not None and first < span.until:
                yield monitor, span

    def _versions(self, session: Session, monitor: Monitor, span: Span) -> list[int | None]:
        """Return the versions that a monitor judges in a window: all that were asked, so that there are charts of each."""
        if monitor.version is not None or monitor.kind == "volume":
            return [monitor.version]
        return list(self._index.versions(session, monitor.model, span))

    def _judge(
        self, monitor: Monitor, version: int | None, span: Span, moment: datetime, *, complete: bool | None = None
    ) -> bool:
        """Judge a window and keep the result; whether there is a new one. `complete` None: the clock tells whether it is over."""
        with self._database.read() as session:
            before = self._results.at(session, monitor.model, monitor.name, version, span)
        if complete is None:
            complete = span.until <= self._over_up_to(moment)
        result = self._evaluation.evaluate(monitor, version, span, before, moment=moment, complete=complete)
        if result is not None:
            self._results.put([result])
        return result is not None

    def _next_end(self, moment: datetime) -> float | None:
        with self._database.read() as session:
            end = self._results.next_end(session)
            is_asked = bool(self._index.asked_since(session, moment - _KNOWN_FOR))
        ends = [] if end is None else [end]
        if is_asked:
            ends.append(window_at(self._over_up_to(moment), "hour").until)
        dues = [each + SETTLED if each + SETTLED > moment else moment + _AGAIN for each in ends]
        return max(1.0, (min(dues) - moment).total_seconds()) if dues else None

    def _over_up_to(self, moment: datetime) -> datetime:
        """Return the moment up to which windows are over: their records are counted, or have had their time."""
        late = moment - self._grace
        hour = window_at(moment - SETTLED, "hour").since
        if hour <= late:
            return late
        if self._over_until != hour and not self._has_uncounted(hour):
            self._over_until = hour
        return hour if self._over_until == hour else late


def _labelled_windows(monitor: Monitor, hours: Collection[ChangedQuality], moment: datetime) -> list[tuple[int, Span]]:
    """Return the windows of versions that a monitor of performance judges anew."""
    found: dict[tuple[int, Span], None] = {}
    for each in hours:
        if monitor.version not in (None, each.version):
            continue
        until = each.start + timedelta(hours=1)
        if monitor.measure.estimated:
            until = min(moment, each.start + _LEARNED_FOR * LENGTHS[monitor.window])
        for span in windows_between(each.start, max(until, each.start + timedelta(hours=1)), monitor.window):
            found[each.version, span] = None
    return sorted(found, key=lambda one: (one[1].since, one[0]))
