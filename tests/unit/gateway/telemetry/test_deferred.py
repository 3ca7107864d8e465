"""Deferred predictions, counted: in the queue, under way, finished; and what a killed gateway ran is forgotten."""

from pathlib import Path

from unshelf.gateway.telemetry.deferred import DeferredCounters, families
from unshelf.runtime.mapped_counters import MappedCounters


def shown(file: MappedCounters, present: dict[tuple[str, int], int], *, hidden: str = "") -> dict[tuple[str, ...], float]:  # fmt: skip
    """The samples: their labels, and their values."""
    metrics = families(dict(file.blocks()), present, lambda model: model != hidden)
    return {tuple(sample.labels.values()): sample.value for metric in metrics for sample in metric.samples}


def test_what_is_under_way_is_not_counted_as_waiting(tmp_path: Path) -> None:
    file = MappedCounters(tmp_path / "g.cells")
    counters = DeferredCounters(file)
    for _ in range(3):
        counters.begun("iris", 2)
    counters.ended("iris", 2)
    counters.finished("iris", 2, "succeeded")
    counters.finished("iris", 2, "succeeded")
    assert shown(file, {("iris", 2): 5, ("other", 1): 1}) == {
        ("iris", "2", "queued"): 3, ("iris", "2", "running"): 2, ("other", "1", "queued"): 1, ("other", "1", "running"): 0,
        ("iris", "2", "succeeded"): 2,
    }  # fmt: skip


def test_a_look_at_the_queue_that_is_older_than_a_start_makes_no_negative_number(tmp_path: Path) -> None:
    file = MappedCounters(tmp_path / "g.cells")
    DeferredCounters(file).begun("iris", 2)
    assert shown(file, {}) == {("iris", "2", "queued"): 0, ("iris", "2", "running"): 1}


def test_what_ran_in_a_gateway_that_was_killed_runs_no_more(tmp_path: Path) -> None:
    before = DeferredCounters(MappedCounters(tmp_path / "g.cells"))
    before.begun("iris", 2)
    before.finished("iris", 2, "failed")
    file = MappedCounters(tmp_path / "g.cells")
    DeferredCounters(file)
    assert shown(file, {}) == {
        ("iris", "2", "queued"): 0, ("iris", "2", "running"): 0, ("iris", "2", "failed"): 1,
    }  # fmt: skip


def test_models_that_a_key_may_not_see_are_left_out(tmp_path: Path) -> None:
    file = MappedCounters(tmp_path / "g.cells")
    counters = DeferredCounters(file)
    counters.begun("secret", 1)
    counters.finished("secret", 1, "succeeded")
    assert shown(file, {("secret", 1): 1}, hidden="secret") == {}
