"""Definitions that can't be metrics are refused, and days are put together."""

import math

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.monitor.performance.custom.metric import MetricDefinition, PartValue, check, together

CODE = "def lost(truth, prediction, rows):\n    return 1\n"


def test_a_definition_is_checked_without_being_run() -> None:
    check("lost", MetricDefinition(code=CODE, function="lost"))
    check("lost", MetricDefinition(code="lost = lambda t, p, r: 1", function="lost"))
    check("lost", MetricDefinition(code="raise SystemExit\n" + CODE, function="lost"))


@pytest.mark.parametrize(
    ("name", "code", "function", "said"),
    [
        ("Lost", CODE, "lost", "is no name of a metric"), ("accuracy", CODE, "lost", "is a measure that every model has"),
        ("lost", CODE, "los", "has no function 'los'"), ("lost", CODE, "a b", "is no name of a function"),
        ("lost", CODE + "#" * 100_000, "lost", "more than 100 KB"),
    ],
)  # fmt: skip
def test_what_can_be_no_metric_is_refused(name: str, code: str, function: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        check(name, MetricDefinition(code=code, function=function))


def test_one_day_has_its_own_interval_and_several_that_of_their_mean() -> None:
    one = PartValue(value=1.0, low=0.8, high=1.3, spread=0.1, rows=100)
    two = PartValue(value=4.0, low=3.5, high=4.5, spread=0.2, rows=300)
    alone = together("lost", [one])
    assert alone is not None and alone.custom
    assert (alone.value, alone.low, alone.high) == (1.0, 0.8, 1.3)
    both = together("lost", [one, two])
    assert both is not None and both.low is not None
    assert both.value == pytest.approx(3.25)
    assert both.value - both.low == pytest.approx(1.959964 * math.hypot(0.1 * 0.25, 0.2 * 0.75))


def test_few_rows_and_days_without_samples_have_no_interval() -> None:
    few = PartValue(value=1.0, low=0.5, high=1.5, spread=0.2, rows=29)
    assert together("lost", [few]).low is None  # type: ignore[union-attr]
    assert together("lost", [few, PartValue(value=1.0, rows=500)]).low is None  # type: ignore[union-attr]
    assert together("lost", []) is None


def test_a_stranger_s_number_is_known_only_where_it_is_one() -> None:
    assert PartValue(value=1.0, rows=1).is_known
    assert not PartValue(value=float("nan"), rows=1).is_known
    assert not PartValue(value=1.0, low=float("-inf"), rows=1).is_known
    assert not PartValue(value=1.0, rows=0).is_known
