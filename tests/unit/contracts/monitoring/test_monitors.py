"""Monitors as a version declares them."""

import math
from typing import Any

import pytest

from unshelf.contracts.monitoring.columns import ModelFacts
from unshelf.contracts.monitoring.monitors import (
    MOST_DECLARED,
    DeclaredMonitor,
    PerformanceMeasure,
    check_declared,
    declared_fault,
    threshold_bounds,
)


def test_what_is_left_out_is_as_usual() -> None:
    found = DeclaredMonitor(name="income-drift")
    assert (found.kind, found.window, found.threshold, found.columns) == ("inputs", None, None, [])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Income"}, "small letters"),
        ({"threshold": 1.5}, "a threshold of inputs is not 1.5"),
        ({"threshold": 0.0}, "is not 0"),
        ({"kind": "volume", "threshold": 1.0}, "a threshold of volume"),
        ({"kind": "latency", "threshold": float("inf")}, "a threshold of latency"),
        ({"thresholds": {"income": float("nan")}}, "is not nan"),
        ({"estimated": True}, "are of performance, not of inputs"),
        ({"kind": "performance", "metric": "Accuracy"}, "'Accuracy' is no metric; known are accuracy"),
        ({"kind": "performance", "metric": "bias"}, "'bias' is no metric; known are accuracy"),
        ({"kind": "performance", "metric": "accuracy", "worse": "below"}, "of a metric of the model's own alone"),
        ({"kind": "performance", "metric": "lost", "window": "hour"}, "its window is a day or a week"),
        ({"kind": "performance", "metric": "lost", "estimated": True}, "lost is not estimated before labels"),
        ({"worse": "below"}, "are of performance, not of inputs"),
        ({"kind": "performance", "metric": "f1", "estimated": True}, "f1 is not estimated before labels arrive"),
        ({"kind": "performance", "slice": "north"}, "'north' is no slice; one is written INPUT=VALUE"),
        ({"kind": "performance", "least_labels": 3}, "least_labels is from 10 to 1000000, not 3"),
        ({"kind": "performance", "relative": False}, "names its threshold, the worst value that is fine"),
        ({"kind": "performance", "threshold": 1.5}, "a threshold of performance is not 1.5"),
        ({"kind": "performance", "columns": ["age"]}, "performance has no columns"),
    ],
)
def test_what_can_t_be_watched_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DeclaredMonitor(**{"name": "m", **fields})


def test_performance_says_what_is_measured() -> None:
    found = DeclaredMonitor(
        name="m", kind="performance", metric="ndcg@5", relative=False, threshold=12.5, slice="who=a=b"
    )
    assert found.measure == PerformanceMeasure(metric="ndcg@5", relative=False, slice="who=a=b")
    assert DeclaredMonitor(name="m", kind="performance").measure == PerformanceMeasure()
    assert threshold_bounds("performance") == (0.0, 1.0)
    assert threshold_bounds("performance", found.measure) == (0.0, math.inf)


def test_a_limit_lies_between_the_values_that_its_measure_has() -> None:
    for metric, limits in (
        ("accuracy", (0.0, 1.0)), ("ndcg@10", (0.0, 1.0)), ("r2", (-math.inf, 1.0)), ("brier", (0.0, 2.0)), ("mae", (0.0, math.inf)),
        ("", (0.0, math.inf)), ("my_margin", (-math.inf, math.inf)),
    ):  # fmt: skip
        assert PerformanceMeasure(metric=metric).limits == limits, metric


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"metric": "accuracy", "threshold": 1.5}, "the limit of accuracy is not 1.5: it is above 0 and at most 1"),
        ({"metric": "ndcg@5", "threshold": 12.5}, "the limit of ndcg@5 is not 12.5"),
        ({"metric": "ndcg@20", "threshold": 0.5}, "ndcg@20 is not measured; measures at a rank are ndcg@5, ndcg@10"),
        ({"metric": "map@10", "threshold": 0.5}, "map@10 is not measured"),
    ],
)
def test_what_earlier_releases_took_is_read_and_refused_in_a_new_version(fields: dict[str, Any], said: str) -> None:
    found = DeclaredMonitor(name="m", kind="performance", relative=False, **fields)
    fault = declared_fault(found, ModelFacts())
    assert fault is not None
    assert said in fault.said


def test_names_differ_and_are_not_too_many() -> None:
    check_declared([DeclaredMonitor(name=f"m{n}") for n in range(MOST_DECLARED)])
    with pytest.raises(ValueError, match="a name of its own"):
        check_declared([DeclaredMonitor(name="m"), DeclaredMonitor(name="m")])
    with pytest.raises(ValueError, match=f"at most {MOST_DECLARED}"):
        check_declared([DeclaredMonitor(name=f"m{n}") for n in range(MOST_DECLARED + 1)])
