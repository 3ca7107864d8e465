"""Quantiles of a stream of numbers, by KLL sketches.

A sketch that is given each number takes longer than everything else together. So a long batch is sorted, which gives its histogram and
extremes as well, and only every 16th number of it goes on, standing for 16: a rank within one batch is then wrong by 8 numbers at
most, which is nothing beside the sketch's own error.

Source: Z. Karnin, K. Lang, E. Liberty, "Optimal Quantile Approximation in Streams", FOCS 2016."""

from collections.abc import Sequence
from typing import Any

import datasketches
import numpy as np

from unshelf.contracts.protocols.profiles import Quantiles

STRIDE = 16
RUN = 4096
"""Shorter batches go into the sketch number by number."""
EXACT = 400
"""The most numbers of which all are kept."""
RANK_ERROR = 0.012
"""The error of a rank, as a share of all, with a probability of 99 %: twice the sketch's own 0.5 %, for there are two, and some."""


class QuantileSketch:
    """Takes numbers and tells about their distribution."""

    def __init__(self, kept: Quantiles | None = None) -> None:
        self._near = _sketch(None if kept is None else kept.near)
        self._far = _sketch(None if kept is None else kept.far)

    def add(self, ascending: Any) -> None:
        """Take finite float64 numbers in ascending order."""
        count = len(ascending)
        if count < RUN:
            self._near.update(ascending)
            return
        # The numbers that are too many for a multiple of 16 are taken from all over the run, each for itself.
        left = count % STRIDE
        if left:
            places: Any = (np.arange(left) * count) // left
            self._near.update(ascending[places])
            ascending = np.delete(ascending, places)
        self._far.update(ascending[STRIDE // 2 :: STRIDE])

    def merge(self, other: "QuantileSketch") -> None:
        """Take all numbers of another one."""
        self._near.merge(other._near)
        self._far.merge(other._far)

    def kept(self) -> Quantiles:
        """Return what is stored."""
        return Quantiles(near=self._near.serialize(), far=self._far.serialize())

    def items(self) -> tuple[Any, Any]:
        """Return the numbers that were kept, ascending, and the share of all numbers that each stands for. Empty: there were none."""
        pairs = [(value, weight) for value, weight in self._near]
        pairs += [(value, weight * STRIDE) for value, weight in self._far]
        if not pairs:
            return np.empty(0), np.empty(0)
        table = np.array(sorted(pairs), dtype=np.float64)
        return table[:, 0], table[:, 1] / table[:, 1].sum()


class Distribution:
    """A distribution of numbers, as a step function that rises at the numbers that a sketch kept."""

    def __init__(self, values: Any, shares: Any) -> None:
        self.values = values
        self.cumulated = np.cumsum(shares)

    def below(self, edges: Any) -> Any:
        """Return the share of numbers below each edge."""
        places = np.searchsorted(self.values, edges, side="left")
        return np.concatenate(([0.0], self.cumulated))[places]

    def quantiles(self, ranks: Sequence[float]) -> list[float]:
        """Return the number at each rank from 0 to 1. Raises ValueError when there are no numbers."""
        if not len(self.values):
            raise ValueError("no numbers, no quantiles")
        places = np.searchsorted(self.cumulated, np.asarray(ranks) * (1 - 1e-12), side="left")
        return [float(value) for value in self.values[np.minimum(places, len(self.values) - 1)]]


def distribution_of(kept: Quantiles) -> Distribution:
    """Return the distribution that a stored sketch tells about."""
    return Distribution(*QuantileSketch(kept).items())


def _sketch(kept: bytes | None) -> Any:
    if kept is None:
        return datasketches.kll_doubles_sketch(EXACT)
    return datasketches.kll_doubles_sketch.deserialize(kept)
