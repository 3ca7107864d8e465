"""Profiles of numbers: exact where they say so, also merged; estimated within the stated error."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from unshelf.contracts.protocols.profiles import NumberProfile, PowerSums
from unshelf.records.profiles.numbers import NumberBuilder, edges_for, joined_moments, merged_numbers
from unshelf.records.profiles.quantiles import RANK_ERROR, distribution_of

NUMBERS = arrays.arrays(
    np.float64, st.integers(0, 60), elements=st.floats(-1e6, 1e6) | st.just(math.nan) | st.just(math.inf)
)


def profile(*batches: Any, edges: list[float] | None = None, nulls: int = 0) -> NumberProfile:
    builder = NumberBuilder(edges)
    for batch in batches:
        builder.add(np.asarray(batch, dtype=np.float64), nulls)
    return builder.profile()


def test_counts_extremes_and_moments_are_those_of_the_numbers() -> None:
    seen = profile([1.0, 0.0, math.nan, math.inf], [4.0, -math.inf, 3.0], nulls=1)
    assert (seen.rows, seen.gaps, seen.infinite, seen.zeros) == (9, 3, 2, 1)
    assert (seen.minimum, seen.maximum) == (0.0, 4.0)
    assert seen.moments.count == 4
    assert seen.moments.mean == pytest.approx(2.0)
    assert seen.moments.second / 4 == pytest.approx(np.var([1, 0, 4, 3]))


def test_moments_of_batches_give_scipys_skewness_and_kurtosis() -> None:
    numbers = np.random.default_rng(1).gamma(2.0, 3.0, 30_000) + 1e5
    m = profile(*np.array_split(numbers, 7)).moments
    deviation = math.sqrt(m.second / m.count)
    assert m.third / m.count / deviation**3 == pytest.approx(stats.skew(numbers), rel=1e-6)
    assert m.fourth / m.count / deviation**4 - 3 == pytest.approx(stats.kurtosis(numbers), rel=1e-6)


@given(NUMBERS, NUMBERS)
def test_merging_is_the_same_as_profiling_all(one: Any, two: Any) -> None:
    edges = [-10.0, 0.0, 10.5]
    together = profile(np.concatenate([one, two]), edges=edges)
    merged = merged_numbers([profile(one, edges=edges), profile(two, edges=edges)])
    exact = ("rows", "gaps", "infinite", "zeros", "minimum", "maximum", "histogram")
    assert [getattr(merged, name) for name in exact] == [getattr(together, name) for name in exact]
    assert merged.moments.count == together.moments.count
    assert merged.moments.mean == pytest.approx(together.moments.mean, rel=1e-9, abs=1e-9)
    assert merged.moments.second == pytest.approx(together.moments.second, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("batch", [100, 4095, 4097, 65_536, 250_000])
def test_quantiles_are_within_the_stated_error_whatever_the_batches(batch: int) -> None:
    numbers = np.random.default_rng(2).lognormal(0, 2, 250_000)
    seen = profile(*(numbers[i : i + batch] for i in range(0, len(numbers), batch)))
    ranks = [0.001, 0.01, 0.25, 0.5, 0.9, 0.999]
    ordered = np.sort(numbers)
    for rank, value in zip(ranks, distribution_of(seen.quantiles).quantiles(ranks), strict=True):
        assert abs(np.searchsorted(ordered, value) / len(ordered) - rank) <= RANK_ERROR


def test_edges_part_a_baseline_into_bins_of_about_the_same_size_and_count_what_is_beyond() -> None:
    numbers = np.random.default_rng(3).normal(size=50_000)
    baseline = profile(numbers)
    histogram = profile(numbers, edges=edges_for(baseline)).histogram
    assert histogram is not None
    assert histogram.counts[0] == histogram.counts[-1] == 0
    assert len(histogram.counts) == 22
    assert max(abs(count / 50_000 - 0.05) for count in histogram.counts[1:-1]) < 2 * RANK_ERROR
    window = profile([numbers.min() - 1, numbers.max(), numbers.max() + 1], edges=histogram.edges).histogram
    assert window is not None
    assert (window.counts[0], window.counts[-2], window.counts[-1]) == (1, 1, 1)


def test_few_different_numbers_have_a_bin_each_and_a_constant_has_one() -> None:
    codes = profile([1.0, 2.0, 7.0] * 50)
    assert profile([1, 1, 2, 7, 3], edges=edges_for(codes)).histogram.counts == [0, 2, 2, 1, 0]  # type: ignore[union-attr]
    constant = edges_for(profile([5.0, 5.0]))
    assert profile([5, 4, 6, 5], edges=constant).histogram.counts == [1, 2, 1]  # type: ignore[union-attr]


def test_nothing_but_gaps_has_a_profile_and_no_edges() -> None:
    empty = profile([math.nan, math.nan])
    assert (empty.rows, empty.gaps, empty.minimum) == (2, 2, None)
    assert edges_for(empty) == []
    assert merged_numbers([empty, empty]).rows == 4
    assert profile([1.0], edges=[]).histogram.counts == [1]  # type: ignore[union-attr]


def test_numbers_near_the_greatest_there_are_overflow_without_an_error() -> None:
    huge = profile([1.7e308, -1.7e308], [1.0])
    assert huge.maximum == 1.7e308
    assert not math.isfinite(huge.moments.fourth)


def test_histograms_on_other_edges_are_not_merged() -> None:
    assert merged_numbers([profile([1.0], edges=[0.0]), profile([1.0], edges=[1.0])]).histogram is None
    assert merged_numbers([profile([1.0], edges=[0.0]), profile([1.0])]).histogram is None


def test_moments_of_nothing_change_nothing() -> None:
    none = PowerSums(count=0, mean=0.0, second=0.0, third=0.0, fourth=0.0)
    one = profile([3.0, 4.0]).moments
    assert joined_moments(none, one) == joined_moments(one, none) == one
