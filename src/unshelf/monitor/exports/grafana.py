"""Monitors as a Grafana dashboard: the platform first, then a row of panels for each model, with the thresholds drawn in."""

from collections.abc import Sequence
from typing import Any

from unshelf.monitor.exports.queries import query_of
from unshelf.monitor.monitors.monitor import Monitor, MonitorKind

_WIDTH, _HEIGHT, _COLUMNS = 8, 7, 3
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_TITLES: dict[MonitorKind, str] = {
    "inputs": "Drift of inputs", "outputs": "Drift of outputs", "quality": "Damaged data", "volume": "Requests",
    "errors": "Share of failed requests", "latency": "Time that 95 % of answers take at most",
    "performance": "Quality of answers",
}  # fmt: skip
_PLATFORM: tuple[tuple[str, str, str], ...] = (
    ("Requests a second", "sum by (model) (rate(unshelf_requests_total[5m]))", "reqps"),
    ("Failed requests a second", 'sum by (model) (rate(unshelf_requests_total{status=~"5.."}[5m]))', "reqps"),
    ("99 % take at most", "1000 * histogram_quantile(0.99, sum by (model, le) (rate(unshelf_request_seconds_bucket[5m])))", "ms"),
    ("Open alerts", "unshelf_alerts", "short"),
    ("Worker processes", "sum by (model) (unshelf_replicas)", "short"),
    ("Predictions answered and not recorded", "unshelf_predictions_answered_total - unshelf_predictions_recorded_total", "short"),
)  # fmt: skip


def dashboard_of(monitors: Sequence[Monitor]) -> dict[str, Any]:
    """Return the dashboard, as Grafana imports it; it asks for the Prometheus that has the metrics."""
    panels: list[dict[str, Any]] = []
    top = _add(panels, "Unshelf", [(title, query, unit, None) for title, query, unit in _PLATFORM], 0)
    by_model: dict[str, list[Monitor]] = {}
    for monitor in monitors:
        if not monitor.paused:
            by_model.setdefault(monitor.model, []).append(monitor)
    for model, own in by_model.items():
        drawn = []
        for each in own:
            found = query_of(each)
            title = _TITLES[each.kind] if each.name == each.kind else f"{each.name}: {_TITLES[each.kind].lower()}"
            has_line = each.kind not in (
                "volume",
                "performance",
            )  # what is bad lies below some thresholds, or follows from a reference
            drawn.append((title, found.value, found.unit, each.threshold if has_line else None))
        top = _add(panels, model, drawn, top)
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "unshelf", "title": "Unshelf", "tags": ["unshelf"], "schemaVersion": 39, "version": 1, "editable": True,
        "refresh": "1m", "time": {"from": "now-7d", "to": "now"}, "timezone": "utc", "templating": {"list": [source]},
        "annotations": {"list": []}, "panels": panels,
    }  # fmt: skip


def _add(
    panels: list[dict[str, Any]], title: str, drawn: Sequence[tuple[str, str, str, float | None]], top: int
) -> int:
    """Add a row and its panels; returns where the next row begins."""
    panels.append({
        "id": len(panels) + 1, "type": "row", "title": title, "collapsed": False, "panels": [],
        "gridPos": {"x": 0, "y": top, "w": 24, "h": 1},
    })  # fmt: skip
    for place, (name, query, unit, threshold) in enumerate(drawn):
        at = {"x": place % _COLUMNS * _WIDTH, "y": top + 1 + place // _COLUMNS * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
        panels.append(_panel(len(panels) + 1, name, query, unit=unit, threshold=threshold, at=at))
    return top + 1 + -(-len(drawn) // _COLUMNS) * _HEIGHT


def _panel(
    number: int, title: str, query: str, *, unit: str, threshold: float | None, at: dict[str, int]
) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if threshold is not None:
        steps.append({"color": "red", "value": threshold})
    custom = {"thresholdsStyle": {"mode": "off" if threshold is None else "line"}}
    return {
        "id": number, "type": "timeseries", "title": title, "datasource": _SOURCE, "gridPos": at,
        "targets": [{"refId": "A", "datasource": _SOURCE, "expr": query, "legendFormat": "__auto"}],
        "fieldConfig": {
            "defaults": {"unit": unit, "thresholds": {"mode": "absolute", "steps": steps}, "custom": custom}, "overrides": [],
        },
    }  # fmt: skip
