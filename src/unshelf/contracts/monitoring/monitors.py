"""Monitors that a version declares: what is to be watched of its model as long as callers get it."""

import math
import re
from typing import Literal

import msgspec

MonitorKind = Literal["inputs", "outputs", "quality", "volume", "errors", "latency"]
"""inputs, outputs: drift; quality: damage in the data; volume: silence and bursts; errors; latency."""
WindowLength = str
"""hour, day or week (UTC), or a number of predictions, such as `1000`."""
WINDOW_LENGTH = r"hour|day|week|[1-9][0-9]{2,6}"
"""The form of a length; windows of predictions have 100 at least."""
MonitorSeverity = Literal["warning", "critical"]
MOST_DECLARED = 20
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_SHARES = frozenset({"inputs", "outputs", "quality", "errors"})
"""Kinds whose thresholds are shares or distances, at most 1."""


class DeclaredMonitor(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A monitor that a version's maker declares; what is left out is as usual."""

    name: str
    """A name, of which a version has one. That of a kind changes the usual monitor of that kind."""
    kind: MonitorKind = "inputs"
    """inputs, outputs: drift; quality: damage in the data; volume: silence and bursts; errors; latency."""
    window: WindowLength | None = None
    """The length of the windows that are judged: hour, day, week, or a number of predictions."""
    reference: Literal["baseline", "previous"] = "baseline"
    """The training data's profile or that of the first requests, or the window before."""
    columns: list[str] = []
    """The columns that are watched; empty: all."""
    threshold: float | None = None
    """In the unit of its kind."""
    thresholds: dict[str, float] = {}
    """Thresholds of some columns."""
    severity: MonitorSeverity | None = None
    """The severity of its alerts."""

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise ValueError(f"monitors: a name has 1 to 64 small letters, digits and hyphens, got {self.name[:80]!r}")
        if self.window is not None:
            problem = window_problem(self.window, self.kind, self.reference)
            if problem:
                raise ValueError(f"monitors: {self.name}: {problem}")
        least, most = (1.0 if self.kind == "volume" else 0.0), (1.0 if self.kind in _SHARES else math.inf)
        given = [] if self.threshold is None else [self.threshold]
        for value in [*given, *self.thresholds.values()]:
            if not least < value <= most or value == math.inf:
                raise ValueError(f"monitors: {self.name}: a threshold of {self.kind} is not {value:g}")


def count_of(window: WindowLength) -> int | None:
    """Return how many predictions a window has; None: it is one of time."""
    return int(window) if window.isdecimal() else None


def window_problem(window: WindowLength, kind: MonitorKind, reference: str) -> str:
    """Say why a monitor can't have such windows; empty: it can."""
    if re.fullmatch(WINDOW_LENGTH, window) is None:
        return f"a window is an hour, a day, a week, or a number of predictions from 100 on, got {window[:20]!r}"
    if count_of(window) is None:
        return ""
    if kind == "volume":
        return "volume is judged by time: its window is an hour, a day or a week"
    if reference not in ("baseline", "previous"):
        return f"windows of predictions are of one version each: they are held against baseline or previous, not {reference}"
    return ""


def check_declared(monitors: list[DeclaredMonitor]) -> None:
    """Raise ValueError for too many monitors, or two of one name."""
    names = [monitor.name for monitor in monitors]
    if len(names) > MOST_DECLARED or len(set(names)) != len(names):
        raise ValueError(f"monitors: at most {MOST_DECLARED}, each with a name of its own, got {', '.join(names)}")
