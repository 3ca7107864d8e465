"""Distances: the same numbers as SciPy's."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from unshelf.monitor.drift.measures import (
    chi_square,
    chi_square_chance,
    jensen_shannon,
    kolmogorov_chance,
    kolmogorov_smirnov,
    population_stability,
    wasserstein,
)
from unshelf.records.profiles.quantiles import RANK_ERROR, Distribution, QuantileSketch

COUNTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=12).filter(
    lambda pairs: sum(a for a, _ in pairs) > 0 and sum(b for _, b in pairs) > 0
)


def exact(numbers: Any) -> Distribution:
    return Distribution(np.sort(numbers), np.full(len(numbers), 1 / len(numbers)))


def sketched(numbers: Any) -> Distribution:
    sketch = QuantileSketch()
    for batch in np.array_split(numbers, 5):
        sketch.add(np.sort(batch))
    return Distribution(*sketch.items())


@given(COUNTS)
def test_jensen_shannon_is_scipys(pairs: list[tuple[int, int]]) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    assert jensen_shannon(a, b) == pytest.approx(distance.jensenshannon(a, b, base=2), abs=1e-7)
    assert 0 <= jensen_shannon(a, b) <= 1 + 1e-12


@given(COUNTS)
def test_chi_square_is_scipys(pairs: list[tuple[int, int]]) -> None:
    filled = [pair for pair in pairs if sum(pair)]
    a, b = (list(side) for side in zip(*pairs, strict=True))
    statistic, degrees = chi_square(a, b)
    if len(filled) < 2:
        assert (statistic, degrees) == (0.0, 0)
        return
    expected = stats.chi2_contingency(np.array(filled).T, correction=False)
    assert (statistic, degrees) == (pytest.approx(expected.statistic, abs=1e-9), expected.dof)
    assert chi_square_chance(statistic, degrees) == pytest.approx(expected.pvalue, abs=1e-12)


def test_population_stability_by_hand() -> None:
    assert population_stability([50, 50], [60, 40]) == pytest.approx(0.1 * math.log(1.2) - 0.1 * math.log(0.8))
    assert population_stability([1, 0], [0, 1]) == pytest.approx(2 * (0.9999) * math.log(10_000), rel=1e-3)
    assert population_stability([3, 4], [3, 4]) == 0


@pytest.mark.parametrize("shift", [0.0, 0.1, 2.0])
def test_numbers_by_sketches_agree_with_scipy(shift: float) -> None:
    random = np.random.default_rng(4)
    one, two = random.normal(size=40_000), random.normal(shift, 1.3, 30_000)
    assert kolmogorov_smirnov(exact(one), exact(two)) == pytest.approx(stats.ks_2samp(one, two).statistic, abs=1e-9)
    assert kolmogorov_smirnov(sketched(one), sketched(two)) == pytest.approx(
        stats.ks_2samp(one, two).statistic, abs=2 * RANK_ERROR
    )
    truth = stats.wasserstein_distance(one, two)
    assert wasserstein(exact(one), exact(two)) == pytest.approx(truth, rel=1e-6)
    assert wasserstein(sketched(one), sketched(two)) == pytest.approx(truth, abs=0.06)


@pytest.mark.parametrize(("reference", "window"), [(300, 200), (5000, 1000), (40, 40)])
def test_the_chance_of_a_distance_is_scipys(reference: int, window: int) -> None:
    random = np.random.default_rng(5)
    found = stats.ks_2samp(random.normal(size=reference), random.normal(0.15, size=window), method="exact")
    assert kolmogorov_chance(found.statistic, reference, window) == pytest.approx(found.pvalue, abs=0.03)


def test_nothing_is_at_no_distance() -> None:
    nothing = Distribution(np.empty(0), np.empty(0))
    assert kolmogorov_smirnov(nothing, exact(np.ones(3))) == wasserstein(exact(np.ones(3)), nothing) == 0
    assert chi_square([0, 0], [1, 2]) == (0.0, 0)
    assert chi_square_chance(0.0, 0) == kolmogorov_chance(0.5, 0, 10) == kolmogorov_chance(0.0, 5, 5) == 1


def test_distances_are_those_that_evidently_states() -> None:
    """Its Jensen-Shannon distance is to base e; its index of stability takes empty bins for 0.0001.

    Source: docs.evidentlyai.com, "Data drift", as of version 0.7."""
    reference, window = [40, 30, 20, 10, 0], [10, 20, 30, 35, 5]
    r, w = (np.asarray(counts) / 100 for counts in (reference, window))
    assert jensen_shannon(reference, window) * math.sqrt(math.log(2)) == pytest.approx(distance.jensenshannon(r, w))
    filled = np.where(r == 0, 0.0001, r)
    assert population_stability(reference, window) == pytest.approx(float(((w - filled) * np.log(w / filled)).sum()))
