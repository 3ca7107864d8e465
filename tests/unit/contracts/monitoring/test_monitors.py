"""Monitors as a version declares them."""

import math
from typing import Any

import pytest

from unshelf.contracts.monitoring.monitors import (
    MOST_DECLARED,
    DeclaredMonitor,
    PerformanceMeasure,
    check_declared,
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
        ({"kind": "performance", "metric": "map"}, "'map' is no metric; known are accuracy"),
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


def test_measures_that_are_shares_are_at_most_one() -> None:
    for metric in ("accuracy", "roc_auc", "r2", "ndcg@10", "hit_rate@5"):
        assert PerformanceMeasure(metric=metric).is_at_most_one, metric
    for metric in ("", "mae", "log_loss", "brier", "mape", "my_margin"):
        assert not PerformanceMeasure(metric=metric).is_at_most_one, metric


def test_names_differ_and_are_not_too_many() -> None:
    check_declared([DeclaredMonitor(name=f"m{n}") for n in range(MOST_DECLARED)])
    with pytest.raises(ValueError, match="a name of its own"):
        check_declared([DeclaredMonitor(name="m"), DeclaredMonitor(name="m")])
    with pytest.raises(ValueError, match=f"at most {MOST_DECLARED}"):
        check_declared([DeclaredMonitor(name=f"m{n}") for n in range(MOST_DECLARED + 1)])
