"""Compares the profile of a window with that of a reference, column by column.

With many rows every difference is significant, and with few rows every difference is large. So a column has drifted only when both hold:
its distance is at least a threshold, which is an effect size and does not depend on the number of rows, and its difference is more than
chance, at a level that all columns of the window share (Holm). The level is the false-alarm rate of a window, which is stated to people.

Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, starmap
from typing import Any

import numpy as np

from unshelf.contracts.protocols.profiles import (
    AnyProfile,
    CategoryProfile,
    Histogram,
    NumberProfile,
    TableProfile,
    TensorProfile,
    TextProfile,
    TimeProfile,
)
from unshelf.monitor.drift.measures import (
    beyond_chance,
    chi_square,
    chi_square_chance,
    jensen_shannon,
    kolmogorov_chance,
    kolmogorov_smirnov,
    population_stability,
    wasserstein,
)
from unshelf.records.profiles.categories import as_dict
from unshelf.records.profiles.numbers import edges_for
from unshelf.records.profiles.quantiles import EXACT, RANK_ERROR, Distribution, distribution_of

THRESHOLD = 0.1
"""The distance from which on a column may have drifted."""
FALSE_ALARMS = 0.001
"""The chance that a window without drift has a drifted column."""
_LEAST_EXPECTED = 5.0
"""Bins in which fewer rows of the window would be expected are put together: chance is computed for many rows."""


@dataclass(frozen=True, kw_only=True)
class ColumnDrift:
    """How far a column of a window is from its reference."""

    column: str
    rows: int
    """Values of the window that were compared."""
    distance: float
    """The Jensen-Shannon distance less the part that chance has with as few rows, which thresholds are held against: 0: nothing beyond
    chance; 1: nothing in common."""
    jensen_shannon: float
    """The whole Jensen-Shannon distance."""
    population_stability: float
    kolmogorov_smirnov: float | None = None
    """Numbers alone."""
    wasserstein: float | None = None
    """Numbers alone: in standard deviations of the reference, or in the column's unit where that is constant."""
    chi_square: float
    chance: float
    """The chance of a difference as great as this without drift, if this were the only column."""
    drifted: bool = False
    """Whether it is large, and more than chance among all columns of the window."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two columns in the same bins."""

    reference: Any
    """The rows in each bin."""
    window: Any
    labels: list[str]
    """The name of each bin."""


def compare(
    reference: TableProfile,
    window: TableProfile,
    *,
    threshold: float = THRESHOLD,
    false_alarms: float = FALSE_ALARMS,
    thresholds: Mapping[str, float] | None = None,
) -> list[ColumnDrift]:
    """Return the drift of each column that both have, of the same kind and with values, the greatest distance first.

    `thresholds` are columns' own ones."""
    own = thresholds or {}
    found: list[ColumnDrift] = []
    for name, before in reference.columns.items():
        after = window.columns.get(name)
        if after is not None and type(after) is type(before):
            drifts = starmap(_drift, ((name, *pair) for pair in parts_of(before, after)))
            found += [drift for drift in drifts if drift is not None]
    significant = more_than_chance([each.chance for each in found], false_alarms)
    judged = [
        replace(each, drifted=is_sure and each.distance >= own.get(each.column, threshold))
        for each, is_sure in zip(found, significant, strict=True)
    ]
    return sorted(
        _by_column(judged), key=lambda each: (-each.drifted, -each.distance, -each.jensen_shannon, each.column)
    )


def more_than_chance(chances: Sequence[float], level: float) -> list[bool]:
    """Return which of some differences are more than chance: the chance that any of them is a false one is `level` at most (Holm)."""
    sure = [False] * len(chances)
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[place] * (len(chances) - rank) > level:
            break
        sure[place] = True
    return sure


def parts_of(before: AnyProfile, after: AnyProfile) -> list[tuple[AnyProfile, AnyProfile]]:
    """Return the pairs of numbers or categories that two profiles of one column are compared by."""
    if isinstance(before, TimeProfile) and isinstance(after, TimeProfile):
        return [(before.seconds, after.seconds)]
    if isinstance(before, TensorProfile) and isinstance(after, TensorProfile):
        pairs: list[tuple[AnyProfile, AnyProfile]] = [
            (before.means, after.means),
            (before.deviations, after.deviations),
        ]
        if before.elements and before.elements == after.elements:
            pairs += zip(before.projections, after.projections, strict=True)
        return pairs
    if isinstance(before, TextProfile) and isinstance(after, TextProfile):
        return [(before.lengths, after.lengths), (before, after)]
    return [(before, after)]


def in_bins(before: AnyProfile, after: AnyProfile) -> Compared:
    """Return two columns in the same bins: on the edges of the first's histogram, or by value or word."""
    if isinstance(before, NumberProfile) and isinstance(after, NumberProfile):
        return _numbers_in_bins(before, after)
    if isinstance(before, CategoryProfile) and isinstance(after, CategoryProfile):
        return _values_in_bins(
            as_dict(before.counts), before.others, as_dict(after.counts) | as_dict(after.newest), after
        )
    if isinstance(before, TextProfile) and isinstance(after, TextProfile):
        words = as_dict(before.vocabulary)
        return _values_in_bins(words, max(0, before.words - sum(words.values())), as_dict(after.vocabulary), after)
    raise TypeError(f"{type(before).__name__} and {type(after).__name__} have no bins in common")


def _drift(column: str, before: AnyProfile, after: AnyProfile) -> ColumnDrift | None:
    """Return how far a column is from its reference; None: one of both has no values, and gaps are no distribution."""
    compared = in_bins(before, after)
    r, w = compared.reference, compared.window
    if not r.sum() or not w.sum():
        return None
    distance = jensen_shannon(r, w)
    statistic, degrees = chi_square(*_pooled(r * _independent(before), w * _independent(after)))
    drift = ColumnDrift(
        column=column, rows=int(w.sum()), distance=beyond_chance(distance, r, w), jensen_shannon=distance,
        population_stability=population_stability(r, w), chi_square=statistic,
        chance=chi_square_chance(statistic, degrees),
    )  # fmt: skip
    if not (isinstance(before, NumberProfile) and isinstance(after, NumberProfile)):
        return drift
    one, two = distribution_of(before.quantiles), distribution_of(after.quantiles)
    greatest = kolmogorov_smirnov(one, two)
    moments, count = before.moments, after.moments.count
    deviation = (moments.second / moments.count) ** 0.5 if moments.count else 0.0
    sure = greatest - sum(RANK_ERROR for size in (moments.count, count) if size > EXACT)
    chance = min(drift.chance, kolmogorov_chance(sure, moments.count, count)) * 2  # the better of two tests
    return replace(
        drift, kolmogorov_smirnov=greatest, wasserstein=wasserstein(one, two) / (deviation or 1.0), chance=min(1.0, chance)
    )  # fmt: skip


def _independent(profile: AnyProfile) -> float:
    """Return the share of what is counted that is independent: the words of one text are not, so that a text counts as one word."""
    if not isinstance(profile, TextProfile) or not profile.words:
        return 1.0
    return min(1.0, (profile.rows - profile.gaps) / profile.words)


def _by_column(found: Sequence[ColumnDrift]) -> list[ColumnDrift]:
    """Return one drift a column: of a tensor's parts that which is the farthest, with a drift before all others."""
    best: dict[str, ColumnDrift] = {}
    for each in found:
        other = best.get(each.column)
        if other is None or _rank(each) > _rank(other):
            best[each.column] = each
    return list(best.values())


def _rank(drift: ColumnDrift) -> tuple[bool, float, float]:
    return drift.drifted, drift.distance, drift.jensen_shannon


def _numbers_in_bins(before: NumberProfile, after: NumberProfile) -> Compared:
    histogram = before.histogram
    if histogram is None or not histogram.edges:  # profiled before there was a reference whose bins it could have
        bounds = edges_for(before)
        counted = _counts_on(distribution_of(before.quantiles), bounds, before.moments.count)
        histogram = Histogram(edges=bounds, counts=counted.tolist())
    if not histogram.edges:
        return Compared(reference=np.zeros(1), window=np.zeros(1), labels=[""])
    if after.histogram is not None and after.histogram.edges == histogram.edges:
        counts = np.asarray(after.histogram.counts, dtype=np.float64)
    else:  # profiled against another baseline
        counts = _counts_on(distribution_of(after.quantiles), histogram.edges, after.moments.count)
    edges = [f"{edge:.6g}" for edge in histogram.edges]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return Compared(
        reference=np.asarray(histogram.counts, dtype=np.float64), window=counts,
        labels=[f"below {edges[0]}", *between, f"from {edges[-1]}"],
    )  # fmt: skip


def _counts_on(distribution: Distribution, edges: Sequence[float], count: int) -> Any:
    below = distribution.below(np.asarray(edges))
    return (
        np.diff(np.concatenate(([0.0], below, [1.0]))) * count if len(distribution.values) else np.zeros(len(edges) + 1)
    )


def _values_in_bins(
    before: Mapping[str, int], others: int, after: Mapping[str, int], profile: CategoryProfile | TextProfile
) -> Compared:
    total = profile.words if isinstance(profile, TextProfile) else profile.rows - profile.gaps
    window = [after.get(value, 0) for value in before]
    return Compared(
        reference=np.array([*before.values(), others], dtype=np.float64),
        window=np.array([*window, max(0, total - sum(window))], dtype=np.float64),
        labels=[*before, "all others"],
    )


def _pooled(reference: Any, window: Any) -> tuple[Any, Any]:
    """Return counts in which bins that few rows are expected in are one."""
    total = reference.sum() + window.sum()
    expected = (reference + window) * (min(reference.sum(), window.sum()) / total) if total else reference
    rare = expected < _LEAST_EXPECTED
    if rare.sum() < 2:
        return reference, window
    return (np.append(counts[~rare], counts[rare].sum()) for counts in (reference, window))  # type: ignore[return-value]
