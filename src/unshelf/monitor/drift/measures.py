"""Distances between two distributions. Each takes shares or counts of the same bins, unless it says otherwise."""

import math
from typing import Any

import numpy as np

from unshelf.monitor.drift.special import special_functions
from unshelf.records.profiles.quantiles import Distribution

_LEAST_SHARE = 1e-4
"""The share that an empty bin is taken to have in the population stability index, which is infinite otherwise."""


def shares_of(counts: Any) -> Any:
    """Return counts as shares of their sum; zeros where there is nothing."""
    numbers = np.asarray(counts, dtype=np.float64)
    total = numbers.sum()
    return numbers / total if total else numbers


def population_stability(reference: Any, window: Any) -> float:
    """Return the population stability index of two arrays of counts: Σ (w − r) ln(w / r), with shares of at least 0.0001.

    Source: N. Siddiqi, "Credit Risk Scorecards", Wiley 2006; the same as the symmetric Kullback-Leibler divergence of Jeffreys, 1946."""
    r, w = (np.maximum(shares_of(counts), _LEAST_SHARE) for counts in (reference, window))
    return float(((w - r) * np.log(w / r)).sum())


def jensen_shannon(reference: Any, window: Any) -> float:
    """Return the Jensen-Shannon distance of two arrays of counts, 0 to 1: the root of the divergence to base 2.

    Source: J. Lin, "Divergence Measures Based on the Shannon Entropy", IEEE Trans. Inf. Theory 37, 1991."""
    r, w = shares_of(reference), shares_of(window)
    middle = (r + w) / 2
    divergence = (_relative_entropy(r, middle) + _relative_entropy(w, middle)) / 2
    return math.sqrt(max(0.0, divergence))


def beyond_chance(distance: float, reference: Any, window: Any) -> float:
    """Return a Jensen-Shannon distance less what two samples of one distribution have on average: with few rows that is much.

    `reference`, `window`: the counts that it is of. Twice the sample size times the divergence is chi-square distributed as the rows grow,
    with as many degrees of freedom as there are bins less one; the divergence is to base 2, and each side has half a weight. Source:
    I. Grosse et al., "Analysis of symbolic sequences using the Jensen-Shannon divergence", Phys. Rev. E 65, 2002."""
    rows = [float(side.sum()) for side in (reference, window)]
    if not all(rows):
        return distance
    bins = int(((reference + window) > 0).sum())
    expected = (bins - 1) / (8 * math.log(2)) * (1 / rows[0] + 1 / rows[1])
    return math.sqrt(max(0.0, distance * distance - expected))


def kolmogorov_smirnov(reference: Distribution, window: Distribution) -> float:
    """Return the greatest difference between two cumulative distributions, 0 to 1; of sketches within the sum of their errors of a rank.

    Source: N. Smirnov, "Table for estimating the goodness of fit of empirical distributions", Ann. Math. Statist. 19, 1948."""
    if not len(reference.values) or not len(window.values):
        return 0.0
    places = np.concatenate([reference.values, window.values])
    up_to = np.nextafter(places, np.inf)
    return float(np.abs(reference.below(up_to) - window.below(up_to)).max())


def wasserstein(reference: Distribution, window: Distribution) -> float:
    """Return the first Wasserstein distance, in the unit of the column: the area between two cumulative distributions.

    Source: S. Vallender, "Calculation of the Wasserstein distance between probability distributions on the line", 1974."""
    if not len(reference.values) or not len(window.values):
        return 0.0
    places = np.unique(np.concatenate([reference.values, window.values]))
    apart = np.abs(reference.below(places[1:]) - window.below(places[1:]))
    return float((apart * np.diff(places)).sum())


def chi_square(reference: Any, window: Any) -> tuple[float, int]:
    """Return Pearson's statistic of homogeneity of two arrays of counts, and its degrees of freedom; (0, 0) where nothing can be compared.

    Source: K. Pearson, "On the probability that two independent distributions of frequency are really samples from the same
    population", Biometrika 8, 1911."""
    r, w = np.asarray(reference, dtype=np.float64), np.asarray(window, dtype=np.float64)
    filled = (r + w) > 0
    r, w = r[filled], w[filled]
    if r.sum() == 0 or w.sum() == 0 or len(r) < 2:
        return 0.0, 0
    to_r, to_w = math.sqrt(w.sum() / r.sum()), math.sqrt(r.sum() / w.sum())
    return float((((to_r * r - to_w * w) ** 2) / (r + w)).sum()), len(r) - 1


def chi_square_chance(statistic: float, degrees: int) -> float:
    """Return the chance of a statistic as great as this, or greater, when both have one distribution."""
    return float(special_functions().chdtrc(degrees, statistic)) if degrees > 0 else 1.0


def kolmogorov_chance(distance: float, reference: int, window: int) -> float:
    """Return the chance of a Kolmogorov-Smirnov distance as great as this between samples of these sizes of one distribution.

    By the limit distribution, with Stephens' correction for small samples.
    Source: M. Stephens, "Use of the Kolmogorov-Smirnov, Cramér-von Mises and related statistics", J. R. Statist. Soc. B 32, 1970."""
    if not reference or not window or distance <= 0:
        return 1.0
    size = math.sqrt(reference * window / (reference + window))
    return float(special_functions().kolmogorov((size + 0.12 + 0.11 / size) * distance))


def _relative_entropy(p: Any, q: Any) -> float:
    filled = p > 0
    return float((p[filled] * np.log2(p[filled] / q[filled])).sum())
