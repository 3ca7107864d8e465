"""Shares held against those of a reference: limits and chances agree with SciPy's distributions."""

import pytest
from scipy import stats

from unshelf.monitor.quality.shares import RowShare, chance_of_excess, chance_of_more, upper_limit


@pytest.mark.parametrize(("count", "rows"), [(0, 50), (3, 1000), (40, 41), (500, 100_000)])
def test_the_upper_limit_is_that_of_clopper_and_pearson(count: int, rows: int) -> None:
    stated = stats.binomtest(count, rows).proportion_ci(confidence_level=0.998, method="exact").high
    assert upper_limit(RowShare(count, rows)) == pytest.approx(stated, rel=1e-9)


def test_the_chance_is_the_tail_of_the_binomial() -> None:
    assert chance_of_more(RowShare(7, 100), 0.02) == pytest.approx(stats.binom.sf(6, 100, 0.02), rel=1e-9)
    assert chance_of_more(RowShare(0, 100), 0.02) == 1.0
    assert chance_of_more(RowShare(5, 100), 1.0) == 1.0


def test_an_excess_is_held_against_what_the_reference_may_truly_have() -> None:
    assert upper_limit(RowShare(9, 9)) == 1.0
    assert chance_of_excess(RowShare(0, 40), RowShare(3, 40)) > 0.1, "forty rows tell little of the reference"
    assert chance_of_excess(RowShare(0, 100_000), RowShare(3, 40)) < 1e-6
    assert RowShare(0, 0).value == 0.0
