"""Queries of Prometheus that say what monitors say, from the metrics of `/metrics`."""

from dataclasses import dataclass

from unshelf.monitor.monitors.monitor import Monitor, WindowLength

RANGES: dict[WindowLength, str] = {"hour": "1h", "day": "1d", "week": "1w"}
_OF_PREDICTIONS = "1d"
"""The range in place of a window of predictions, whose beginning Prometheus can't know."""
_LEAST_REQUESTS = 30
"""As many requests as a monitor judges."""
_LEAST_ANSWERS = 200


@dataclass(frozen=True, kw_only=True)
class MonitorQuery:
    """The queries of a monitor."""

    value: str
    """The query that is drawn, in the unit of the threshold."""
    alarm: str
    """The query that finds something while the monitor would be in alarm."""
    unit: str
    """Grafana's name of the unit."""


def query_of(monitor: Monitor) -> MonitorQuery:
    """Return the queries of a monitor.

    Errors, latency and volume follow from the counters of requests, as long as Prometheus keeps them. Drift and damage are what the
    platform found: no counter tells of values."""
    if monitor.kind == "errors":
        return _errors(monitor)
    if monitor.kind == "latency":
        return _latency(monitor)
    if monitor.kind == "volume":
        return _volume(monitor)
    labels = _labels(monitor, {"monitor": monitor.name})
    unit = "percentunit" if monitor.kind == "quality" else "none"
    return MonitorQuery(value=f"unshelf_monitor_value{labels}", alarm=f"unshelf_monitor_alarm{labels} == 1", unit=unit)


def _errors(monitor: Monitor) -> MonitorQuery:
    over, labels = RANGES.get(monitor.window, _OF_PREDICTIONS), _labels(monitor)
    failed = _labels(monitor, {}, 'status=~"5.."')
    by = "sum by (model, version)"
    requests = f"{by} (increase(unshelf_requests_total{labels}[{over}]))"
    share = f"{by} (increase(unshelf_requests_total{failed}[{over}])) / {requests}"
    return MonitorQuery(
        value=share,
        alarm=f"{share} > {_number(monitor.threshold)} and {requests} >= {_LEAST_REQUESTS}",
        unit="percentunit",
    )


def _latency(monitor: Monitor) -> MonitorQuery:
    over, labels = RANGES.get(monitor.window, _OF_PREDICTIONS), _labels(monitor)
    buckets = f"sum by (model, version, le) (rate(unshelf_request_seconds_bucket{labels}[{over}]))"
    slow = f"1000 * histogram_quantile(0.95, {buckets})"
    answers = f"sum by (model, version) (increase(unshelf_request_seconds_count{labels}[{over}]))"
    return MonitorQuery(
        value=slow, alarm=f"{slow} > {_number(monitor.threshold)} and {answers} >= {_LEAST_ANSWERS}", unit="ms"
    )


def _volume(monitor: Monitor) -> MonitorQuery:
    over, labels = RANGES.get(monitor.window, _OF_PREDICTIONS), _labels(monitor)
    now = f"sum by (model) (increase(unshelf_requests_total{labels}[{over}]))"
    week = f"sum by (model) (increase(unshelf_requests_total{labels}[{over}] offset 1w))"
    times = _number(monitor.threshold)
    few = f"({now} * {times} < {week} and {week} >= {_LEAST_REQUESTS})"
    many = f"({now} > {week} * {times} and {week} > 0 and {now} >= {_LEAST_REQUESTS})"
    return MonitorQuery(value=now, alarm=f"{few} or {many}", unit="short")


def _labels(monitor: Monitor, more: dict[str, str] | None = None, plain: str = "") -> str:
    found = {"model": monitor.model, **(more or {})}
    if monitor.version is not None:
        found["version"] = str(monitor.version)
    listed = [f'{name}="{_escaped(value)}"' for name, value in found.items()]
    return "{" + ",".join([*listed, *([plain] if plain else [])]) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return f"{value:.12g}"
