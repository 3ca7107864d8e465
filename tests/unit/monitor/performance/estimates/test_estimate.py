"""Estimates of windows, by version, and how they turned out."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from unshelf.monitor.performance.estimates.confidence import bins_of, confidence_sums
from unshelf.monitor.performance.estimates.estimate import Estimate, EstimateSums, HeldEstimate, estimate_of, over_all
from unshelf.monitor.performance.estimates.loss import PREDICTION, loss_sums, places_of, size_of

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)


def hour(number: int, right: float, rows: int = 100, *, version: int = 1, labelled: int | None = None) -> EstimateSums:
    """An hour of a classifier that is always 90 % sure and right this often, of whose rows the first have labels."""
    bins = bins_of(np.full(rows, 0.9))
    known = np.arange(rows) < (rows if labelled is None else labelled)
    good = known & (np.arange(rows) % 10 < right * 10)
    return EstimateSums(
        version=version, start=BEGIN + timedelta(hours=number), confidence=confidence_sums(bins, known, good),
        labelled=int(known.sum()),
    )  # fmt: skip


def amounts(number: int, error: float, *, labelled: bool = True) -> EstimateSums:
    """An hour of a model of quantities whose errors lie around this one."""
    edges = {PREDICTION: [0.5]}
    places = places_of({PREDICTION: np.linspace(0, 1, 100)}, edges)
    losses = error * np.linspace(0.5, 1.5, 100) if labelled else np.empty(0)
    sums = loss_sums(places, size_of(edges), np.full(100, labelled), losses)
    return EstimateSums(version=1, start=BEGIN + timedelta(hours=number), losses=sums)


def test_an_hour_without_labels_is_estimated_from_those_before() -> None:
    before = [hour(number, 0.7) for number in range(5)]
    found = estimate_of([hour(5, 0.7, labelled=0)], before)
    assert found is not None
    assert (found.name, found.rows, found.labelled, found.held) == ("accuracy", 100, 500, None)
    assert found.value == pytest.approx(0.7, abs=0.02) and found.low < 0.7 < found.high


def test_labels_that_arrive_later_are_held_against_the_estimate() -> None:
    before = [hour(number, 0.7) for number in range(5)]
    good, bad = estimate_of([hour(5, 0.7)], before), estimate_of([hour(5, 0.2)], before)
    assert good is not None and good.held is not None and bad is not None and bad.held is not None
    assert good.value == bad.value, "its own labels change no estimate"
    assert (good.held.truth, good.held.is_inside, good.held.labelled) == (0.7, True, 100)
    assert (bad.held.truth, bad.held.is_inside) == (0.2, False)
    few = estimate_of([hour(5, 0.7, labelled=29)], before)
    assert few is not None and few.held is None


def test_each_version_is_learned_from_its_own_rows() -> None:
    before = [hour(number, 0.9, version=1) for number in range(3)] + [
        hour(number, 0.5, version=2) for number in range(3)
    ]
    mixed = estimate_of([hour(5, 0, 100, version=1, labelled=0), hour(5, 0, 300, version=2, labelled=0)], before)
    assert mixed is not None and mixed.rows == 400
    assert mixed.value == pytest.approx(0.25 * 0.9 + 0.75 * 0.5, abs=0.02)
    assert estimate_of([hour(5, 0, version=3, labelled=0)], before) is None


def test_the_error_of_quantities_is_estimated() -> None:
    found = estimate_of([amounts(5, 0.0, labelled=False)], [amounts(number, 4.0) for number in range(5)])
    assert found is not None and found.name == "mae"
    assert found.value == pytest.approx(4.0, rel=0.05) and found.low < 4.0 < found.high and found.held is None
    held = estimate_of([amounts(5, 4.1)], [amounts(number, 4.0) for number in range(5)])
    assert held is not None and held.held is not None
    assert held.held.truth == pytest.approx(4.1) and held.held.is_inside


def test_nothing_is_known_of_hours_without_sums() -> None:
    assert estimate_of([EstimateSums(version=1, start=BEGIN)], [hour(0, 0.7)] * 5) is None
    assert estimate_of([], []) is None
    assert over_all([]) is None


def test_several_estimates_together_keep_what_is_unknown_to_all() -> None:
    held = HeldEstimate(labelled=10, expected=0.8, truth=0.7, is_inside=True)
    one = Estimate(name="accuracy", value=0.8, low=0.7, high=0.9, rows=100, labelled=500, held=held)
    two = Estimate(name="accuracy", value=0.6, low=0.4, high=0.8, rows=300, labelled=600)
    found = over_all([one, two])
    assert found is not None
    assert (found.rows, found.labelled, found.held) == (400, 600, held)
    assert [found.value, found.low, found.high] == pytest.approx([0.65, 0.475, 0.825])
