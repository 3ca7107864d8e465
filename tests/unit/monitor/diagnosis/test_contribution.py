"""Contributions: parts add up to the whole, whatever the parts are, and point at what was changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from unshelf.monitor.diagnosis.contribution import (
    LossRows,
    bin_terms,
    parts_of_drift,
    parts_of_loss,
    unevenness,
)

COUNTS = st.lists(st.integers(0, 500), min_size=4, max_size=4)


@given(COUNTS, st.lists(COUNTS, min_size=1, max_size=6))
def test_terms_of_bins_and_parts_add_up_to_the_divergence_that_scipy_finds(
    reference: list[int], parts: list[list[int]]
) -> None:
    window = np.sum(parts, axis=0)
    terms = bin_terms(reference, window)
    assert (terms >= 0).all()
    if not sum(reference) or not window.sum():
        assert terms.sum() == parts_of_drift(reference, parts).sum() == 0
        return
    expected = jensenshannon(reference, window, base=2) ** 2
    assert terms.sum() == pytest.approx(np.nan_to_num(expected), abs=1e-9)
    assert parts_of_drift(reference, parts).sum() == pytest.approx(terms.sum(), abs=1e-9)


def test_a_drift_in_one_slice_is_the_parts_of_that_slice() -> None:
    usual, moved = [100, 100, 100, 0], [0, 0, 0, 300]
    quiet, loud = parts_of_drift([500, 500, 500, 10], [usual, moved])
    assert loud > 0.9 * (quiet + loud)
    assert parts_of_drift([1, 1], np.zeros((2, 2))).tolist() == [0, 0]


def test_a_slice_that_goes_the_other_way_holds_against_the_drift() -> None:
    up, back = parts_of_drift([500, 500], [[100, 400], [120, 80]])
    assert up > 0 > back


LOSSES = st.dictionaries(
    st.sampled_from("abc"), st.builds(LossRows, rows=st.integers(1, 100), loss=st.floats(0, 100)), min_size=1
)


@given(LOSSES, LOSSES)
def test_parts_of_a_loss_add_up_to_its_change(before: dict[str, LossRows], now: dict[str, LossRows]) -> None:
    def mean(side: dict[str, LossRows]) -> float:
        return sum(each.loss for each in side.values()) / sum(each.rows for each in side.values())

    parts = parts_of_loss(before, now)
    assert sum(each.total for each in parts.values()) == pytest.approx(mean(now) - mean(before), abs=1e-6)


def test_getting_worse_and_there_being_more_of_what_is_bad_are_told_apart() -> None:
    before = {"good": LossRows(rows=90, loss=9.0), "bad": LossRows(rows=10, loss=5.0)}
    worse = parts_of_loss(before, {"good": LossRows(rows=90, loss=27.0), "bad": LossRows(rows=10, loss=5.0)})
    assert worse["good"].worse == pytest.approx(0.18)
    assert worse["bad"].total == pytest.approx(0.0)
    more = parts_of_loss(before, {"good": LossRows(rows=50, loss=5.0), "bad": LossRows(rows=50, loss=25.0)})
    assert more["good"].worse == pytest.approx(0.0)
    assert more["bad"].mix == pytest.approx(0.4 * (0.5 - 0.14))
    new = parts_of_loss(before, before | {"new": LossRows(rows=100, loss=100.0)})
    assert new["new"].worse == pytest.approx(0.5 * (1 - 0.14))
    assert parts_of_loss({}, before) == {}


def test_unevenness_tells_a_spread_from_a_point() -> None:
    assert unevenness([(0.5, 0.5), (0.5, 0.5)]) == 0
    assert unevenness([(1.0, 0.01), (0.0, 0.99)]) == pytest.approx(0.99)
    assert unevenness([(3.0, 0.5), (-2.0, 0.5)]) == 1
