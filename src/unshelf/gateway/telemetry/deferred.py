"""Deferred predictions, counted: what a gateway runs and has finished, and what lies in the queue that all of them share."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from unshelf.runtime.mapped_counters import Label, MappedCounters

FINISHED, RUNNING = "deferred", "deferred_running"
"""The first part of a label: (FINISHED, model, version, outcome), (RUNNING, model, version)."""
Present = Mapping[tuple[str, int], int]
"""(model, version) → requests in the folder, those that run included."""


class DeferredCounters:
    """The counters of this gateway."""

    def __init__(self, file: MappedCounters) -> None:
        self._file = file
        for label, _ in file.blocks():
            if label[0] == RUNNING:  # what ran went with the process that ran it
                file.block(label, 1)[0] = 0

    def begun(self, model: str, version: int) -> None:
        """Count one that runs; `ended` takes it out."""
        self._file.block((RUNNING, model, version), 1)[0] += 1

    def ended(self, model: str, version: int) -> None:
        """Count one that runs no more, whether or not it is finished."""
        self._file.block((RUNNING, model, version), 1)[0] -= 1

    def finished(self, model: str, version: int, outcome: str) -> None:
        """Count one whose answer is kept."""
        self._file.block((FINISHED, model, version, outcome), 1)[0] += 1


def families(total: dict[Label, list[int]], present: Present, allowed: Callable[[str], bool]) -> Iterator[Metric]:
    """The metrics of the models that are allowed, over all gateways."""
    running = {(str(label[1]), int(label[2])): count for label, (count, *_) in total.items() if label[0] == RUNNING}
    states = GaugeMetricFamily(
        "unshelf_deferred",
        "Deferred predictions that wait, and that are under way.",
        labels=("model", "version", "state"),
    )
    for model, version in sorted({*running, *present}):
        if allowed(model):
            under_way = running.get((model, version), 0)
            waiting = max(0, present.get((model, version), 0) - under_way)
            states.add_metric((model, str(version), "queued"), waiting)
            states.add_metric((model, str(version), "running"), under_way)
    yield states
    finished = CounterMetricFamily(
        "unshelf_deferred_finished",
        "Deferred predictions finished, by outcome.",
        labels=("model", "version", "outcome"),
    )
    for label, (count, *_) in sorted(total.items(), key=str):
        if label[0] == FINISHED and allowed(str(label[1])):
            finished.add_metric([str(part) for part in label[1:]], count)
    yield finished
