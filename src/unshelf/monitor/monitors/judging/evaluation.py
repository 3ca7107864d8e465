"""Evaluation: has a monitor judge one window of one version, as often as it is worth it."""

from datetime import datetime

from unshelf.contracts.monitoring.monitors import AGAINST_SLICE
from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.foundation.database.engine import Database
from unshelf.monitor.drift.comparison import FALSE_ALARMS
from unshelf.monitor.monitors.judging.data_checks import judge_drift, judge_quality, only
from unshelf.monitor.monitors.judging.health_checks import (
    history_of,
    judge_errors,
    judge_latency,
    judge_volume,
    usual_counts,
)
from unshelf.monitor.monitors.judging.performance_checks import judge_performance
from unshelf.monitor.monitors.judging.performance_windows import PerformanceWindows
from unshelf.monitor.monitors.judging.verdict import MonitorResult, Verdict, not_judged
from unshelf.monitor.monitors.monitor import CountSpan, Monitor, Span
from unshelf.monitor.monitors.window_index import WindowIndex
from unshelf.monitor.windows.by_slice.counting import FIRST_ROWS
from unshelf.monitor.windows.service import WindowService
from unshelf.monitor.windows.window import INPUT, OUTPUT, Window, WindowFacts

_GROWTH = 1.25
"""A window that is not over is judged again once it has this many times the rows."""
_MOST_KEPT = 16
"""Windows that are kept in memory, for the monitors that look at the same one."""


class WindowEvaluation:
    """Judges windows. For one thread."""

    def __init__(self, database: Database, windows: WindowService, index: WindowIndex, *, live: bool = False) -> None:
        """`live`: with records that are not counted yet, which takes a process for a second."""
        self._live = live
        self._database = database
        self._windows = windows
        self._index = index
        self._performance = PerformanceWindows(database)
        self._kept: dict[tuple[str, int | None, Span, str], Window | None] = {}

    def forget_windows(self) -> None:
        """Forget the windows that were read: more may have been counted since."""
        self._kept.clear()

    def evaluate(
        self, monitor: Monitor, version: int | None, span: Span, before: MonitorResult | None, *, moment: datetime, complete: bool
    ) -> MonitorResult | None:  # fmt: skip
        """Return the result of a window; None: it stays as it was found before.

        A window that is not over is judged again and again as it fills. The j-th look has the level α / (j (j + 1)), which for any
        number of looks is α together at most: the chance of a false alarm in a window does not depend on how often it is looked at.
        Source: K. Lan, D. DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70, 1983."""
        is_same = before is not None and (monitor.changed_at is None or monitor.changed_at <= before.judged_at)
        if before is not None and is_same and not self._is_worth_it(monitor, before, version, span, complete=complete):
            return None
        looks = 1 if before is None else before.looks + 1
        if before is not None and is_same and monitor.kind == "performance":
            looks = self._looks_at_labels(monitor, version, span, before)
        verdict = self.verdict(monitor, version, span, complete=complete, level=FALSE_ALARMS / (looks * (looks + 1)))
        # Silence changes without rows, and labels are corrected.
        is_settled = monitor.kind not in ("volume", "performance")
        if before is not None and is_same and verdict.rows == before.verdict.rows and is_settled:
            looks, verdict = before.looks, before.verdict  # the window is over, and nothing has come since
        return MonitorResult(
            model=monitor.model, monitor=monitor.name, version=version, since=span.since, until=span.until, complete=complete,
            verdict=verdict, looks=looks, judged_at=moment,
        )  # fmt: skip

    def verdict(
        self, monitor: Monitor, version: int | None, span: Span, *, complete: bool, level: float = FALSE_ALARMS
    ) -> Verdict:
        """Judge a window. `level`: the chance of a false alarm."""
        if monitor.kind == "volume":
            return self._volume(monitor, version, span, complete=complete)
        if monitor.kind == "performance":
            return self._quality(monitor, version or 0, span, level)
        window = self.window(monitor.model, version, span, monitor.slice)
        if window is None:
            return not_judged("There were no requests in this window.", rows=0, threshold=monitor.threshold)
        facts = window.facts
        if monitor.kind == "errors":
            return judge_errors(
                facts.requests, facts.errors, threshold=monitor.threshold, thresholds=monitor.thresholds, level=level
            )
        if monitor.kind == "latency":
            latency = facts.latency
            return judge_latency(
                0 if latency is None else facts.answered, half_ms=latency.p50 if latency else 0.0,
                slow_ms=latency.p95 if latency else 0.0, threshold=monitor.threshold,
            )  # fmt: skip
        reference, against = self.reference(monitor, version, span)
        if reference is None:
            return not_judged(against, rows=window.profile.rows, threshold=monitor.threshold)
        judge = judge_quality if monitor.kind == "quality" else judge_drift
        return judge(
            watched(monitor, reference), watched(monitor, window.profile), threshold=monitor.threshold,
            thresholds=monitor.thresholds, level=level, against=against,
        )  # fmt: skip

    def window(self, model: str, version: int | None, span: Span, slice: str = "") -> Window | None:
        """Return the records of a window, or of a slice of it; None: there are none."""
        key = (model, version, span, slice)
        if key not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._read(model, version, span, slice)
        return self._kept[key]

    def _read(self, model: str, version: int | None, span: Span, slice: str) -> Window | None:
        if slice:
            profile = self._windows.of_slice(model, version or 0, slice, span.since, span.until)
            facts = WindowFacts(requests=0, rows=0 if profile is None else profile.rows, errors={})
            return None if profile is None else Window(
                model=model, version=version, since=span.since, until=span.until, profile=profile, facts=facts
            )  # fmt: skip
        if isinstance(span, CountSpan):
            return self._windows.of_predictions(model, version or 0, span.size, span.number)
        return self._windows.window(model, version, span.since, span.until, live=self._live)

    def reference(self, monitor: Monitor, version: int | None, span: Span) -> tuple[TableProfile | None, str]:
        """Return the profile that a window is held against, with a few words on it; without one, the words say why."""
        if monitor.reference == "previous":
            earlier = self.window(monitor.model, version, span.before(), monitor.slice)
            none = "There were no requests in the window before."
            return (None, none) if earlier is None else (earlier.profile, "the window before")
        if monitor.reference.startswith(AGAINST_SLICE):
            name = monitor.reference.removeprefix(AGAINST_SLICE)
            other = self.window(monitor.model, version, span, name)
            none = f"There were no requests where {in_words(name)} in this window."
            return (None, none) if other is None else (other.profile, f"the requests where {in_words(name)}")
        if monitor.reference == "baseline" and monitor.slice:
            first = None if version is None else self._windows.reference_of_slice(monitor.model, version, monitor.slice)
            none = (
                f"There are not {FIRST_ROWS:,} rows yet where {in_words(monitor.slice)}, which others are held against."
            )
            return (None, none) if first is None else (first, f"the first {FIRST_ROWS:,} rows of this slice")
        if monitor.reference != "baseline":
            number = int(monitor.reference.removeprefix("version:"))
            other = self.window(monitor.model, number, span, monitor.slice)
            none = f"Version {number} had no requests in this window."
            return (None, none) if other is None else (other.profile, f"version {number}")
        known = None if version is None else self._windows.reference_of(monitor.model, version)
        if known is None:
            return None, "This version was deployed without a baseline, and has too few requests yet to make one of."
        beginning = OUTPUT if monitor.kind == "outputs" else INPUT
        sources = {source for name, source in known.kinds.items() if name.startswith(beginning)}
        return known.profile, "the first requests" if sources == {"first_requests"} else "the baseline"

    def _volume(self, monitor: Monitor, version: int | None, span: Span, *, complete: bool) -> Verdict:
        requests, usual = self._requests(monitor, version, span)
        if usual is None:
            return not_judged("The model was not asked yet.", rows=0, threshold=monitor.threshold)
        return judge_volume(requests, usual, threshold=monitor.threshold, complete=complete)

    def _quality(self, monitor: Monitor, version: int, span: Span, level: float) -> Verdict:
        window = self._performance.window(monitor.model, version, span, monitor.measure)
        reference, against = None, ""
        if monitor.measure.relative:
            reference, against = self._performance.reference(monitor, version, span)
        return judge_performance(
            window, reference, monitor.measure, threshold=monitor.threshold, level=level, against=against
        )

    def _looks_at_labels(self, monitor: Monitor, version: int | None, span: Span, before: MonitorResult) -> int:
        """Return how often a window was looked at, this time included: labels that come one by one are no look each."""
        rows = self._performance.window(monitor.model, version or 0, span, monitor.measure).labelled
        is_new = before.verdict.is_estimate or rows >= before.verdict.rows * _GROWTH
        return before.looks + 1 if is_new else before.looks

    def _is_worth_it(
        self, monitor: Monitor, before: MonitorResult, version: int | None, span: Span, *, complete: bool
    ) -> bool:
        """Whether a window that was judged before is to be judged again: it is over by now, or has grown."""
        if complete != before.complete or monitor.kind == "performance":
            return True
        if monitor.kind == "volume":
            rows = self._requests(monitor, version, span)[0]
        else:
            window = self.window(monitor.model, version, span, monitor.slice)
            rows = 0 if window is None else _rows_for(monitor, window)
        return rows > before.verdict.rows and (complete or rows >= before.verdict.rows * _GROWTH)

    def _requests(self, monitor: Monitor, version: int | None, span: Span) -> tuple[int, list[int] | None]:
        """Return the requests of a window, and those of comparable ones; None: the model was not asked yet."""
        with self._database.read() as session:
            first = self._index.first(session, monitor.model)
            known = Span(history_of(span, monitor.window), span.until)
            counts = self._index.requests(session, monitor.model, version, known, monitor.window)
        usual = None if first is None else usual_counts(counts, span, monitor.window, first)
        return counts.get(span.since, 0), usual


def in_words(slice: str) -> str:
    """Return a slice as a clause."""
    return slice.replace("=", " is ", 1)


def _rows_for(monitor: Monitor, window: Window) -> int:
    """The rows that a verdict on a window is about."""
    if monitor.kind == "errors":
        return window.facts.requests
    return window.facts.answered if monitor.kind == "latency" else window.profile.rows


def watched(monitor: Monitor, profile: TableProfile) -> TableProfile:
    """Return the profile of the columns that a monitor watches, by the names that people know: inputs as in the signature; outputs too, or,
    of a monitor of quality, which watches both, with `out:` before them."""
    beginning = OUTPUT if monitor.kind == "outputs" else INPUT
    columns = {
        name.removeprefix(beginning): each for name, each in profile.columns.items() if name.startswith(beginning)
    }
    if monitor.kind == "quality":
        columns |= {name: each for name, each in profile.columns.items() if name.startswith(OUTPUT)}
    return only(TableProfile(rows=profile.rows, columns=columns), monitor.columns)
