"""Profiles of tensors."""

import numpy as np
import pytest

from unshelf.records.profiles.tensors import PROJECTIONS, TensorBuilder, merged_tensors


def test_means_deviations_and_projections() -> None:
    builder = TensorBuilder()
    images = np.random.default_rng(0).random((50, 8, 8))
    builder.add(images, nulls=2)
    seen = builder.profile()
    assert (seen.means.rows, seen.means.gaps, seen.elements, len(seen.projections)) == (52, 2, 64, PROJECTIONS)
    assert seen.means.moments.mean == pytest.approx(images.mean())
    again = TensorBuilder(seen)
    again.add(images)
    histogram = again.profile().means.histogram
    assert histogram is not None
    assert sum(histogram.counts[1:-1]) == 50


def test_tensors_of_different_sizes_have_no_projections() -> None:
    builder = TensorBuilder()
    builder.add(np.ones((2, 3)))
    builder.add(np.ones((2, 4)))
    builder.add(np.empty((1, 0)))
    seen = builder.profile()
    assert (seen.means.rows, seen.means.gaps, seen.elements, seen.projections) == (5, 1, 0, [])
    other = TensorBuilder()
    other.add(np.ones((2, 3)))
    assert merged_tensors([seen, other.profile()]).projections == []
    assert len(merged_tensors([other.profile(), other.profile()]).projections) == PROJECTIONS
