"""Profiles of tensors: numbers about each one, and its projections on fixed random directions.

A shift of the distribution in any direction shows in a random projection of it, the more the more of them there are.
Source: D. Dasgupta, A. Gupta, "An elementary proof of a theorem of Johnson and Lindenstrauss", Random Structures & Algorithms 2003."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from unshelf.contracts.protocols.profiles import NumberProfile, TensorProfile
from unshelf.records.profiles.numbers import NumberBuilder, edges_for, merged_numbers

PROJECTIONS = 8
_SEED = 20_240_229
_MOST_ELEMENTS = 1 << 22
"""The most elements of a tensor that is projected: the directions of larger ones would take more memory than a profile may."""


class TensorBuilder:
    """Takes tensors, batch by batch."""

    def __init__(self, baseline: TensorProfile | None = None) -> None:
        """`baseline`: the profile whose edges the histograms have; None: there is none yet."""
        self._elements: int | None = None if baseline is None else baseline.elements
        self._means = NumberBuilder(None if baseline is None else edges_for(baseline.means))
        self._deviations = NumberBuilder(None if baseline is None else edges_for(baseline.deviations))
        known = baseline.projections if baseline is not None else []
        self._projections = [NumberBuilder(edges_for(each)) for each in known] or [
            NumberBuilder() for _ in range(PROJECTIONS if baseline is None else 0)
        ]

    def add(self, batch: Any, nulls: int = 0) -> None:
        """Take an array whose first dimension is the rows, and `nulls` more rows without a tensor. NaN makes a tensor a gap."""
        rows = np.asarray(batch, dtype=np.float64).reshape(len(batch), -1)
        if not rows.size:
            nulls += len(rows)
            rows = np.empty((0, 1))
        self._means.add(rows.mean(axis=1), nulls)
        self._deviations.add(rows.std(axis=1), nulls)
        if not len(rows):
            return
        size = rows.shape[1]
        if self._elements is None:
            self._elements = size if size <= _MOST_ELEMENTS else 0
        if size != self._elements:
            self._elements, self._projections = 0, []
        if self._projections:
            for builder, values in zip(self._projections, (rows @ _directions(size)).T, strict=True):
                builder.add(np.ascontiguousarray(values), nulls)

    def profile(self) -> TensorProfile:
        """Return the profile of all that was taken."""
        return TensorProfile(
            means=self._means.profile(), deviations=self._deviations.profile(), elements=self._elements or 0,
            projections=[each.profile() for each in self._projections],
        )  # fmt: skip


def merged_tensors(profiles: Sequence[TensorProfile]) -> TensorProfile:
    """Return the profile of all rows of some profiles. Projections are kept where all tensors have as many elements."""
    sizes = {each.elements for each in profiles if each.means.rows}
    is_one = len(sizes) == 1 and len({len(each.projections) for each in profiles}) == 1
    return TensorProfile(
        means=merged_numbers([each.means for each in profiles]),
        deviations=merged_numbers([each.deviations for each in profiles]),
        elements=sizes.pop() if is_one else 0,
        projections=(
            [merged_numbers(same) for same in _together([each.projections for each in profiles])] if is_one else []
        ),
    )


def _together(lists: Sequence[Sequence[NumberProfile]]) -> list[list[NumberProfile]]:
    return [list(same) for same in zip(*lists, strict=True)]


@lru_cache(maxsize=4)
def _directions(size: int) -> Any:
    """Return unit vectors as columns; the same ones for the same size, wherever and whenever."""
    drawn = np.random.Generator(np.random.PCG64(_SEED)).standard_normal((size, PROJECTIONS))
    return drawn / np.linalg.norm(drawn, axis=0)
