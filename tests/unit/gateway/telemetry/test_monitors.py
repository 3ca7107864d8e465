"""What monitors found last, as Prometheus reads it."""

from unshelf.contracts import counter_ids as c
from unshelf.gateway.telemetry.monitors import monitors
from unshelf.runtime.mapped_counters import Label


def cells(state: int, value: float, judged: int) -> list[int]:
    found = [0] * c.MONITOR_CELLS
    found[c.MONITOR_STATE], found[c.MONITOR_VALUE] = state, round(value * 1e6)
    found[c.MONITOR_THRESHOLD], found[c.MONITOR_JUDGED] = 100_000, judged
    return found


def samples(total: dict[Label, list[int]], seen: str = "") -> dict[tuple[str, ...], float]:
    return {
        (sample.name.removeprefix("unshelf_monitor_"), *sample.labels.values()): sample.value
        for metric in monitors(total, lambda model: model != seen)
        for sample in metric.samples
    }


def test_the_control_that_judged_last_counts_and_what_is_gone_is_left_out() -> None:
    total: dict[Label, list[int]] = {
        (c.MONITOR, "credit", 1, "inputs", "inputs", 0): cells(1, 0.02, 100),
        (c.MONITOR, "credit", 1, "inputs", "inputs", 1): cells(2, 0.4, 200),
        (c.MONITOR, "credit", 0, "volume", "volume", 0): cells(3, 0.0, 100),
        (c.MONITOR, "old", 1, "inputs", "inputs", 0): cells(0, 0.0, 100),
        (c.TOTALS,): [9] * c.TOTALS_CELLS,
    }  # fmt: skip
    drift, volume = ("credit", "1", "inputs", "inputs"), ("credit", "0", "volume", "volume")
    assert samples(total) == {
        ("value", *drift): 0.4, ("threshold", *drift): 0.1, ("alarm", *drift): 1, ("threshold", *volume): 0.1, ("alarm", *volume): 0,
    }  # fmt: skip
    assert samples(total, seen="credit") == {}
    assert len(list(monitors({}, lambda _: True))) == 3
