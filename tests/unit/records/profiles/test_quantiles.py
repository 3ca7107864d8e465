"""Sketches of quantiles: what they keep and give."""

import numpy as np
import pytest

from unshelf.records.profiles.quantiles import RUN, Distribution, QuantileSketch, distribution_of


def test_a_few_numbers_are_kept_exactly() -> None:
    sketch = QuantileSketch()
    sketch.add(np.array([1.0, 2.0, 2.0, 5.0]))
    distribution = distribution_of(sketch.kept())
    assert distribution.quantiles([0, 0.25, 0.5, 0.75, 1]) == [1, 1, 2, 2, 5]
    assert distribution.below(np.array([1.0, 2.0, 3.0, 9.0])).tolist() == pytest.approx([0, 0.25, 0.75, 1])


@pytest.mark.parametrize("extra", [0, 1, 7, 15])
def test_each_number_of_a_run_counts_once(extra: int) -> None:
    sketch = QuantileSketch()
    sketch.add(np.arange(RUN + extra, dtype=np.float64))
    other = QuantileSketch()
    other.add(np.arange(3, dtype=np.float64))
    sketch.merge(other)
    values, shares = sketch.items()
    assert shares.sum() == pytest.approx(1)
    assert (shares * (RUN + extra + 3)).round(6).min() == 1 or extra == 0
    assert values.min() >= 0
    assert values.max() < RUN + extra


def test_nothing_has_no_quantiles() -> None:
    with pytest.raises(ValueError, match="no numbers"):
        Distribution(*QuantileSketch().items()).quantiles([0.5])
    assert Distribution(*QuantileSketch().items()).below(np.array([1.0])).tolist() == [0]
