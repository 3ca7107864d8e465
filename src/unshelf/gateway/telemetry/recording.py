"""The metrics of recording: what is recorded, what is lost, and what control found when it read segments."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from unshelf.contracts import counter_ids as c
from unshelf.runtime.mapped_counters import Label

_TOTALS = (
    ("unshelf_predictions_answered", c.ANSWERED, "Predictions answered, whatever the outcome."),
    ("unshelf_predictions_recorded", c.RECORDED, "Predictions recorded; answered minus recorded is 0."),
    ("unshelf_predictions_lost", c.LOST, "Predictions answered that could not be recorded."),
    ("unshelf_spans_dropped", c.SPANS_DROPPED, "Predictions whose spans could not be sent."),
)
_RECORDS = (
    ("unshelf_segments_torn", c.SEGMENTS_TORN, "Segments of records whose end was broken; it was left out."),
    (
        "unshelf_segments_damaged",
        c.SEGMENTS_DAMAGED,
        "Segments of records with broken bytes in their middle; kept aside.",
    ),
    ("unshelf_segment_bytes_left_out", c.BYTES_LEFT_OUT, "Bytes of segments that were no whole record."),
)


def recording(total: dict[Label, list[int]], allowed: Callable[[str], bool]) -> Iterator[Metric]:
    """Recording metrics summed over gateways, for the models that `allowed` accepts."""
    totals = total[(c.TOTALS,)]
    for name, cell, meaning in _TOTALS:
        yield CounterMetricFamily(name, meaning, value=totals[cell])
    yield GaugeMetricFamily(
        "unshelf_recording_working", "Whether every gateway can record.", value=not totals[c.NOT_RECORDING]
    )
    yield GaugeMetricFamily(
        "unshelf_routing_parts_unreadable",
        "Parts of the routing state that gateways can't read, added up; what they knew of them stays in force.",
        value=totals[c.ROUTING_UNREADABLE],
    )
    lost = CounterMetricFamily(
        "unshelf_model_predictions_lost",
        "Predictions that could not be recorded, by model.",
        labels=("model", "version"),
    )
    for label, (count, *_) in sorted(total.items(), key=str):
        if label[0] == c.LOST_OF and allowed(str(label[1])):
            lost.add_metric([str(part) for part in label[1:]], count)
    yield lost
    found = total.get((c.RECORDS,), [0] * c.RECORDS_CELLS)
    for name, cell, meaning in _RECORDS:
        yield CounterMetricFamily(name, meaning, value=found[cell])
    alerts = GaugeMetricFamily("unshelf_alerts", "Alerts that are open.", labels=("severity",))
    alerts.add_metric(["warning"], found[c.OPEN_WARNINGS])
    alerts.add_metric(["critical"], found[c.OPEN_CRITICAL])
    yield alerts
