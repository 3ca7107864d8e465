"""Monitors that every model has, as long as nobody changed them: no row is kept of these."""

from dataclasses import replace

from unshelf.contracts.monitoring.monitors import DeclaredMonitor
from unshelf.monitor.alerts.alert import Severity
from unshelf.monitor.drift.comparison import THRESHOLD
from unshelf.monitor.monitors.monitor import Monitor, MonitorKind, WindowLength
from unshelf.monitor.quality import damage
from unshelf.monitor.support.support import SupportLevel

_FAILED: dict[SupportLevel, float] = {"best-effort": 0.05, "standard": 0.02, "critical": 0.005}
_SLOW_MS: dict[SupportLevel, float] = {"best-effort": 5000.0, "standard": 2000.0, "critical": 500.0}
_VOLUME_FACTOR = 5.0
_FALL = 0.1
_WINDOWS: dict[MonitorKind, WindowLength] = {
    "inputs": "day", "outputs": "day", "quality": "day", "volume": "hour", "errors": "hour", "latency": "hour",
    "performance": "day",
}  # fmt: skip
KINDS: tuple[MonitorKind, ...] = ("inputs", "outputs", "quality", "volume", "errors", "latency")
"""Kinds of which every model has a monitor. A fall of quality is watched of every model, too, by monitor.performance.watching; monitors of
performance are those that somebody wants beside that."""


def default_monitors(model: str, support: SupportLevel) -> list[Monitor]:
    """Return the monitors that a model of this support level has; each has the name of its kind."""
    return [default_monitor(model, kind, support) for kind in KINDS]


def declared_monitor(model: str, declared: DeclaredMonitor, support: SupportLevel) -> Monitor:
    """Return a monitor that a version declares; what it leaves out is as usual."""
    usual = default_monitor(model, declared.kind, support)
    return replace(
        usual, name=declared.name, window=declared.window or usual.window, reference=declared.reference,
        columns=tuple(declared.columns), thresholds=dict(declared.thresholds), source="declared",
        threshold=usual.threshold if declared.threshold is None else declared.threshold,
        severity=declared.severity or usual.severity, measure=declared.measure,
    )  # fmt: skip


def default_monitor(model: str, kind: MonitorKind, support: SupportLevel) -> Monitor:
    """Return a monitor of a kind as it is where nothing else is said."""
    severity: Severity = "critical" if support == "critical" and kind in ("errors", "latency") else "warning"
    return Monitor(
        model=model, name=kind, kind=kind, window=_WINDOWS[kind], threshold=default_threshold(kind, support), severity=severity
    )  # fmt: skip


def default_threshold(kind: MonitorKind, support: SupportLevel) -> float:
    """Return the threshold of a kind: of errors and latency by what is promised of the model."""
    if kind in ("inputs", "outputs"):
        return THRESHOLD
    if kind == "quality":
        return damage.THRESHOLD
    if kind == "performance":
        return _FALL
    return {"volume": _VOLUME_FACTOR, "errors": _FAILED[support], "latency": _SLOW_MS[support]}[kind]
