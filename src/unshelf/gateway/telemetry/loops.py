"""The metrics of control's background work, loop by loop."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from unshelf.contracts import counter_ids as c
from unshelf.runtime.mapped_counters import Label


def loops(total: dict[Label, list[int]]) -> Iterator[Metric]:
    """Return the runs, failures, times and last successes of each loop, over all controls."""
    by_loop: dict[str, list[list[int]]] = {}
    for label, cells in sorted(total.items(), key=str):
        if label[0] == c.LOOP:
            by_loop.setdefault(str(label[1]), []).append(cells)
    runs = CounterMetricFamily("unshelf_loop_runs", "Runs of a loop of background work in control.", labels=("loop",))
    failures = CounterMetricFamily("unshelf_loop_failures", "Runs of a loop that failed.", labels=("loop",))
    seconds = CounterMetricFamily("unshelf_loop_seconds", "Time that a loop has worked.", labels=("loop",))
    success = GaugeMetricFamily(
        "unshelf_loop_last_success_timestamp_seconds", "When a loop last went well; 0: never.", labels=("loop",)
    )
    for loop, cells_of in by_loop.items():
        runs.add_metric([loop], sum(cells[c.LOOP_RUNS] for cells in cells_of))
        failures.add_metric([loop], sum(cells[c.LOOP_FAILURES] for cells in cells_of))
        seconds.add_metric([loop], sum(cells[c.LOOP_MICROSECONDS] for cells in cells_of) / 1e6)
        success.add_metric([loop], max(cells[c.LOOP_LAST_SUCCESS] for cells in cells_of))
    yield from (runs, failures, seconds, success)
