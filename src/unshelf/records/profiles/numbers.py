"""Profiles of numbers: one sort of each batch gives extremes, histogram and the sketch's share."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from unshelf.contracts.protocols.profiles import Histogram, NumberProfile, PowerSums
from unshelf.records.profiles.quantiles import QuantileSketch, distribution_of

BINS = 20
"""The bins of a baseline's histogram, of about the same number of rows each."""
_FEW = 40
"""With no more different numbers than this, each has a bin of its own."""


class NumberBuilder:
    """Takes numbers, batch by batch."""

    def __init__(self, edges: Sequence[float] | None = None) -> None:
        """`edges`: those of the histogram; None: none is made."""
        self._edges = None if edges is None else np.asarray(edges, dtype=np.float64)
        self._below: Any = np.zeros(0 if edges is None else len(edges), dtype=np.int64)
        self._rows = self._gaps = self._infinite = self._zeros = self._unreadable = 0
        self._minimum: float | None = None
        self._maximum: float | None = None
        self._moments = PowerSums(count=0, mean=0.0, second=0.0, third=0.0, fourth=0.0)
        self._quantiles = QuantileSketch()

    def add(self, numbers: Any, nulls: int = 0, *, unreadable: int = 0) -> None:
        """Take a float64 array, in which NaN is a gap, and `nulls` more rows without a number.

        `unreadable`: how many of the NaN were texts that are no number."""
        self._unreadable += unreadable
        ordered = np.sort(numbers)  # NaN comes last
        first = int(np.searchsorted(ordered, -np.inf, side="right"))
        last = int(np.searchsorted(ordered, np.inf, side="left"))
        present = int(np.searchsorted(ordered, np.inf, side="right"))
        finite = ordered[first:last]
        self._rows += len(ordered) + nulls
        self._gaps += len(ordered) - present + nulls
        self._infinite += present - len(finite)
        if not len(finite):
            return
        least, most = float(finite[0]), float(finite[-1])
        self._minimum = least if self._minimum is None else min(self._minimum, least)
        self._maximum = most if self._maximum is None else max(self._maximum, most)
        if least <= 0.0 <= most:
            self._zeros += int(np.searchsorted(finite, 0.0, side="right") - np.searchsorted(finite, 0.0, side="left"))
        if self._edges is not None:
            self._below += np.searchsorted(finite, self._edges, side="left")
        self._moments = joined_moments(self._moments, _moments(finite))
        self._quantiles.add(finite)

    def profile(self) -> NumberProfile:
        """Return the profile of all that was taken."""
        histogram = None
        if self._edges is not None:
            within = np.diff(np.concatenate(([0], self._below, [self._moments.count])))
            histogram = Histogram(edges=self._edges.tolist(), counts=within.tolist())
        return NumberProfile(
            rows=self._rows, gaps=self._gaps, infinite=self._infinite, minimum=self._minimum, maximum=self._maximum,
            zeros=self._zeros, moments=self._moments, quantiles=self._quantiles.kept(), histogram=histogram,
            unreadable=self._unreadable,
        )  # fmt: skip


def edges_for(profile: NumberProfile) -> list[float]:
    """Return the edges for a baseline's histogram: bins of about as many rows each, or one for each number where there are few.

    The first bin and the last are for numbers beyond the baseline's own, so that these are counted exactly. Empty: it has no numbers."""
    if profile.minimum is None or profile.maximum is None:
        return []
    kept = distribution_of(profile.quantiles)
    different = np.unique(kept.values)
    within = different if len(different) <= _FEW else kept.quantiles([step / BINS for step in range(1, BINS)])
    beyond = float(np.nextafter(profile.maximum, np.inf))
    return sorted({profile.minimum, beyond, *map(float, within)})


def merged_numbers(profiles: Sequence[NumberProfile]) -> NumberProfile:
    """Return the profile of all rows of some profiles. Histograms are kept where all have the same edges."""
    first = profiles[0]
    sketch = QuantileSketch(first.quantiles)
    moments = first.moments
    for other in profiles[1:]:
        sketch.merge(QuantileSketch(other.quantiles))
        moments = joined_moments(moments, other.moments)
    histograms = [each.histogram for each in profiles]
    shared = histograms[0]
    if shared is not None:
        same = [each.counts for each in histograms if each is not None and each.edges == shared.edges]
        together = np.sum(same, axis=0).tolist()
        shared = Histogram(edges=shared.edges, counts=together) if len(same) == len(histograms) else None
    return NumberProfile(
        rows=sum(each.rows for each in profiles), gaps=sum(each.gaps for each in profiles),
        infinite=sum(each.infinite for each in profiles), zeros=sum(each.zeros for each in profiles),
        minimum=min((each.minimum for each in profiles if each.minimum is not None), default=None),
        maximum=max((each.maximum for each in profiles if each.maximum is not None), default=None),
        moments=moments, quantiles=sketch.kept(), histogram=shared,
        unreadable=sum(each.unreadable for each in profiles),
    )  # fmt: skip


def joined_moments(one: PowerSums, two: PowerSums) -> PowerSums:
    """Return the moments of both together.

    Source: P. Pébay, "Formulas for Robust, One-Pass Parallel Computation of Covariances and Arbitrary-Order Statistical PowerSums",
    Sandia SAND2008-6212, 2008."""
    if not one.count or not two.count:
        return two if not one.count else one
    a, b = one.count, two.count
    n, delta = a + b, two.mean - one.mean
    step = delta / n
    square = step * step  # `**` raises where this is infinite
    second = one.second + two.second + delta * step * a * b
    third = one.third + two.third + delta * square * a * b * (a - b) + 3 * step * (a * two.second - b * one.second)
    fourth = (
        one.fourth + two.fourth + delta * step * square * a * b * (a * a - a * b + b * b)
        + 6 * square * (a * a * two.second + b * b * one.second) + 4 * step * (a * two.third - b * one.third)
    )  # fmt: skip
    return PowerSums(count=n, mean=one.mean + step * b, second=second, third=third, fourth=fourth)


def _moments(finite: Any) -> PowerSums:
    # Numbers near the greatest that there are overflow in their powers; such moments are infinite, which is no error.
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(finite.mean())
        away = finite - mean
        squares = away * away
        return PowerSums(
            count=len(finite), mean=mean, second=float(squares.sum()), third=_product(squares, away),
            fourth=_product(squares, squares),
        )  # fmt: skip


def _product(one: Any, two: Any) -> float:
    return float(np.einsum("i,i->", one, two))  # `dot` has threads, which take more from others than they give
