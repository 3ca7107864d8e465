"""The counters of all gateways, added up and written as Prometheus reads them."""

import math
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString

from unshelf.contracts.counter_ids import LOST_OF
from unshelf.contracts.protocols.host import Replica
from unshelf.gateway.telemetry import counters as c
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.deferred import FINISHED, RUNNING, Present
from unshelf.gateway.telemetry.deferred import families as deferred_families
from unshelf.gateway.telemetry.loops import loops
from unshelf.gateway.telemetry.monitors import monitors
from unshelf.gateway.telemetry.recording import recording
from unshelf.runtime.mapped_counters import CELLS_SUFFIX, Label, read_cells

_ACCEPT_CHARACTERS = 1000
_MODEL = ("model", "version")
_OF_VERSIONS = frozenset({c.OUTCOMES, c.VERSION, c.INTERNAL, LOST_OF, FINISHED, RUNNING})
_COARSE = 2
"""Histograms that tell where time went show every second bound: each is a series for each version."""
_TIMES = c.QUEUE - c.LATENCY
_ROWS = c.IN_FLIGHT - c.ROWS
_SECONDS = tuple(bound / 1e6 for bound in c.TIME_BOUNDS_US)


def exposition(
    own: Counters,
    replicas: list[Replica] | None,
    processes: list[Metric],
    deferred: Present,
    *,
    allowed: Callable[[str], bool],
    shows: Callable[[str, int], bool] = lambda _model, _version: True,
    accept: str,
) -> tuple[bytes, str]:
    """The text of the metrics of the models that are allowed, and its content type. `shows`: whether a version is still there."""
    total = {label: cells for label, cells in _sum_up(own).items() if _is_shown(label, shows)}
    registry = CollectorRegistry(auto_describe=False)
    registry.register(
        _Families(
            [
                *_families(total, allowed),
                *deferred_families(total, deferred, allowed),
                *_replicas(replicas, allowed),
                *processes,
            ]
        )
    )
    try:
        encode, content_type = choose_encoder(accept[:_ACCEPT_CHARACTERS])
        return encode(registry), content_type
    except (ValueError, TypeError):  # a version that is no version
        encode, content_type = choose_encoder("")
        return encode(registry), content_type


def _is_shown(label: Label, shows: Callable[[str, int], bool]) -> bool:
    return label[0] not in _OF_VERSIONS or shows(str(label[1]), int(label[2]))


class _Families(Collector):
    """A collector for prometheus_client of metrics that were counted elsewhere."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _sum_up(own: Counters) -> dict[Label, list[int]]:
    """Every label's counters, over the files of all gateways; the own ones from memory, which is there on a full disk too."""
    total = dict(own.file.blocks())
    for path in own.path.parent.glob(f"*{CELLS_SUFFIX}"):
        for label, cells in [] if path == own.path else read_cells(path):
            before = total.get(label)
            total[label] = cells if before is None else [a + b for a, b in zip(before, cells, strict=True)]
    return total


def _families(total: dict[Label, list[int]], allowed: Callable[[str], bool]) -> Iterator[Metric]:
    versions = {
        (str(label[1]), str(label[2])): cells
        for label, cells in sorted(total.items(), key=str)
        if label[0] == c.VERSION and allowed(str(label[1]))
    }
    requests = CounterMetricFamily(
        "unshelf_requests", "Predictions answered, by outcome; without a model: refused before one was found.",
        labels=(*_MODEL, "protocol", "status"),
    )  # fmt: skip
    for label, (count, *_) in sorted(total.items(), key=str):
        if label[0] == c.OUTCOMES and allowed(str(label[1])):
            requests.add_metric([str(part) for part in label[1:]], count)
    yield requests
    internal = CounterMetricFamily(
        "unshelf_internal_requests", "Predictions that the platform asked for itself; no other metric of requests counts them.",
        labels=(*_MODEL, "purpose", "status"),
    )  # fmt: skip
    for label, (count, *_) in sorted(total.items(), key=str):
        if label[0] == c.INTERNAL and allowed(str(label[1])):
            internal.add_metric([str(part) for part in label[1:]], count)
    yield internal
    yield _times(
        "unshelf_request_seconds", "From the whole request received to its record written.", c.LATENCY, versions
    )
    yield _times(
        "unshelf_queue_seconds", "Waiting for a worker and for the batch to begin.", c.QUEUE, versions, every=_COARSE
    )
    yield _times("unshelf_predict_seconds", "The model's own time for the batch.", c.PREDICT, versions, every=_COARSE)
    rows = HistogramMetricFamily("unshelf_batch_rows", "Rows in the batch a request was predicted in.", labels=_MODEL)
    in_flight = GaugeMetricFamily(
        "unshelf_in_flight", "Predictions given to a version and not answered yet.", labels=_MODEL
    )
    wakes = SummaryMetricFamily(
        "unshelf_wake_seconds", "How long the host took to give a gateway a worker, when it had no connection to one.",
        labels=(*_MODEL, "how"),
    )  # fmt: skip
    for key, cells in versions.items():
        *counts, summed = cells[c.ROWS : c.ROWS + _ROWS]
        rows.add_metric(key, _buckets(c.ROW_BOUNDS, counts, every=_COARSE), summed)
        in_flight.add_metric(key, cells[c.IN_FLIGHT])
        for place, how in enumerate(c.HOW):
            first = c.WAKES + 2 * place
            if cells[first]:
                wakes.add_metric((*key, how), cells[first], cells[first + 1] / 1e6)
    yield from (rows, in_flight, wakes)
    yield from recording(total, allowed)
    yield from loops(total)
    yield from monitors(total, allowed)


def _times(
    name: str, meaning: str, first: int, versions: dict[tuple[str, str], list[int]], *, every: int = 1
) -> Metric:
    family = HistogramMetricFamily(name, meaning, labels=_MODEL)
    for key, cells in versions.items():
        *counts, summed = cells[first : first + _TIMES]
        family.add_metric(key, _buckets(_SECONDS, counts, every=every), summed / 1e6)
    return family


def _buckets(bounds: tuple[float, ...], counts: list[int], *, every: int = 1) -> list[tuple[str, float]]:
    """Prometheus adds up: each bucket holds all that is at most its bound. `every`: 2 shows every second bound, and the last."""
    found: list[tuple[str, float]] = []
    below = 0
    for place, (bound, count) in enumerate(zip((*map(float, bounds), math.inf), counts, strict=True)):
        below += count
        if place % every == 0 or bound == math.inf:
            found.append((floatToGoString(bound), below))  # type: ignore[no-untyped-call]
    return found


def _replicas(replicas: list[Replica] | None, allowed: Callable[[str], bool]) -> Iterator[Metric]:
    """Metrics of the host; none of replicas while it does not answer."""
    yield GaugeMetricFamily("unshelf_host_up", "Whether the host answers.", value=replicas is not None)
    if replicas is None:
        return
    running = GaugeMetricFamily("unshelf_replicas", "Worker processes.", labels=(*_MODEL, "state"))
    memory = GaugeMetricFamily("unshelf_replica_memory_bytes", "Memory of the worker processes.", labels=_MODEL)
    states: dict[tuple[str, str, str], int] = {}
    held: dict[tuple[str, str], int] = {}
    for one in replicas:
        key = (one.model, str(one.version))
        if allowed(one.model):
            states[*key, one.state] = states.get((*key, one.state), 0) + 1
            held[key] = held.get(key, 0) + one.memory_bytes
    for labels, count in sorted(states.items()):
        running.add_metric(labels, count)
    for labels_of_memory, size in sorted(held.items()):
        memory.add_metric(labels_of_memory, size)
    yield from (running, memory)
