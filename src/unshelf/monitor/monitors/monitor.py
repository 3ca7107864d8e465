"""Monitors as services know them, and the windows that they judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.monitoring import monitors
from unshelf.monitor.alerts.alert import Severity

PerformanceMeasure = monitors.PerformanceMeasure
MonitorKind = monitors.MonitorKind
WindowLength = monitors.WindowLength
MonitorSource = Literal["default", "declared", "changed", "own"]
"""default: as every model has it; declared: by the version that callers get; changed: one of both that somebody changed; own: one that
somebody added."""
LENGTHS: dict[WindowLength, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """Something that is watched of a model."""

    model: str
    name: str
    """A name, of which the model has one."""
    kind: MonitorKind
    version: int | None = None
    """The version that is watched; None: those that are live."""
    window: WindowLength
    reference: str = "baseline"
    """`baseline` (of performance: the ninety days before), `previous` (the window before), or `version:N` (what that version was asked in
    the same window), or, of a slice, `slice:COLUMN=VALUE` (another slice in the same window)."""
    columns: tuple[str, ...] = ()
    """The columns that are watched; empty: all."""
    threshold: float
    """Drift: a distance beyond chance, 0 to 1. Quality: a share of rows above the reference's. Volume: how many times more or less than
    usual. Errors: a share of requests. Latency: milliseconds that 95 % of answers take at most. Performance: as its measure says."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Thresholds of some columns, in place of `threshold`."""
    measure: PerformanceMeasure = monitors.USUAL_MEASURE
    """The part that is of performance."""
    severity: Severity = "warning"
    """The severity of its alerts."""
    paused: bool = False
    source: MonitorSource = "default"
    changed_at: datetime | None = None
    """When somebody changed it last; None: nobody did."""
    changed_by: str = ""

    @property
    def slice(self) -> str:
        """The slice whose rows are watched, `COLUMN=VALUE`; empty: all."""
        return self.measure.slice


@dataclass(frozen=True)
class Span:
    """A time from a moment on, up to another one."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since

    def before(self) -> "Span":
        """Return the span of the same length that ends where this one begins."""
        return Span(self.since - self.length, self.since)


@dataclass(frozen=True)
class CountSpan(Span):
    """A window of a number of predictions: from the earliest of them to the latest."""

    size: int
    number: int

    def before(self) -> "CountSpan":
        """Return the window before this one, whose time is not known here."""
        return replace(self, number=self.number - 1)


def slices_asked(monitor: Monitor) -> set[str]:
    """Return the slices whose windows have to be counted for a monitor; quality is known by slice anyway."""
    if not monitor.slice or monitor.kind == "performance":
        return set()
    against = monitor.reference.removeprefix(monitors.AGAINST_SLICE)
    return {monitor.slice, *((against,) if monitor.reference.startswith(monitors.AGAINST_SLICE) else ())}


def counted_size(monitor: Monitor) -> int | None:
    """Return how many predictions a monitor's windows have; None: they are of time."""
    return monitors.count_of(monitor.window)


def check_moment(moment: datetime | None) -> None:
    """Raise InvalidInput for a moment of another age, which no calendar here reckons with."""
    if moment is not None and not _EARLIEST <= moment < _LATEST:
        raise InvalidInput("A moment lies between the years 2000 and 3000.")


def window_at(moment: datetime, length: WindowLength) -> Span:
    """Return the window that a moment falls in: an hour, a day or a week (from Monday on) of UTC."""
    size = LENGTHS[length]
    since = _MONDAY + (moment - _MONDAY) // size * size
    return Span(since, since + size)


def windows_between(since: datetime, until: datetime, length: WindowLength) -> list[Span]:
    """Return the windows that have a part of a time, the oldest first."""
    found, window = [], window_at(since, length)
    while window.since < until:
        found.append(window)
        window = Span(window.until, window.until + window.length)
    return found
