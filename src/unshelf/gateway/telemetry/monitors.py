"""The metrics of monitors: what each found last, of the models that may be seen."""

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from unshelf.contracts import counter_ids as c
from unshelf.runtime.mapped_counters import Label

_LABELS = ("model", "version", "monitor", "kind")
_GONE, _ALARM, _NOT_JUDGED = 0, 2, 3
_MILLIONTHS = 1e6


def monitors(total: dict[Label, list[int]], allowed: Callable[[str], bool]) -> Iterator[Metric]:
    """Return value, threshold and alarm of each monitor, as the control that judged last has them; version 0: all together."""
    latest: dict[tuple[str, ...], list[int]] = {}
    for label, cells in sorted(total.items(), key=str):
        if label[0] != c.MONITOR or not allowed(str(label[1])):
            continue
        key = tuple(map(str, label[1:5]))
        if key not in latest or cells[c.MONITOR_JUDGED] >= latest[key][c.MONITOR_JUDGED]:
            latest[key] = cells
    value = GaugeMetricFamily(
        "unshelf_monitor_value", "The worst value of the last window that a monitor judged, in the unit of its kind.", labels=_LABELS
    )  # fmt: skip
    threshold = GaugeMetricFamily("unshelf_monitor_threshold", "The threshold of a monitor.", labels=_LABELS)
    alarm = GaugeMetricFamily(
        "unshelf_monitor_alarm", "Whether the last window of a monitor is an alarm.", labels=_LABELS
    )
    for key, cells in latest.items():
        if cells[c.MONITOR_STATE] == _GONE:
            continue
        threshold.add_metric(key, cells[c.MONITOR_THRESHOLD] / _MILLIONTHS)
        alarm.add_metric(key, int(cells[c.MONITOR_STATE] == _ALARM))
        if cells[c.MONITOR_STATE] != _NOT_JUDGED:
            value.add_metric(key, cells[c.MONITOR_VALUE] / _MILLIONTHS)
    yield from (value, threshold, alarm)
