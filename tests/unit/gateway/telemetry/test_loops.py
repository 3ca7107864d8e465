"""The loops of all controls, added up by their names."""

from unshelf.contracts import counter_ids as c
from unshelf.gateway.telemetry.loops import loops
from unshelf.runtime.mapped_counters import Label


def cells(runs: int, failures: int, microseconds: int, success: int) -> list[int]:
    found = [0] * c.LOOP_CELLS
    found[c.LOOP_RUNS], found[c.LOOP_FAILURES] = runs, failures
    found[c.LOOP_MICROSECONDS], found[c.LOOP_LAST_SUCCESS] = microseconds, success
    return found


def samples(total: dict[Label, list[int]]) -> dict[tuple[str, str], float]:
    return {(sample.name, sample.labels["loop"]): sample.value for metric in loops(total) for sample in metric.samples}


def test_each_loop_is_summed_over_controls_and_its_last_success_is_the_latest() -> None:
    total: dict[Label, list[int]] = {
        (c.LOOP, "compaction", 0): cells(3, 1, 2_500_000, 100), (c.LOOP, "compaction", 1): cells(4, 0, 500_000, 90),
        (c.LOOP, "alerts", 0): cells(1, 1, 0, 0), (c.TOTALS,): [9] * c.TOTALS_CELLS,
    }  # fmt: skip
    assert samples(total) == {
        ("unshelf_loop_runs_total", "compaction"): 7,
        ("unshelf_loop_failures_total", "compaction"): 1,
        ("unshelf_loop_seconds_total", "compaction"): 3.0,
        ("unshelf_loop_last_success_timestamp_seconds", "compaction"): 100,
        ("unshelf_loop_runs_total", "alerts"): 1,
        ("unshelf_loop_failures_total", "alerts"): 1,
        ("unshelf_loop_seconds_total", "alerts"): 0,
        ("unshelf_loop_last_success_timestamp_seconds", "alerts"): 0,
    }


def test_without_a_control_the_metrics_are_there_and_empty() -> None:
    assert samples({}) == {}
    assert len(list(loops({}))) == 4
