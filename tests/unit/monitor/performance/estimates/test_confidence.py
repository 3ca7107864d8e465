"""Calibrated confidence as an estimate of the share of right answers."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from unshelf.monitor.performance.estimates.confidence import (
    LEAST_LABELLED,
    ConfidenceSums,
    bins_of,
    both,
    calibrated,
    confidence_sums,
    interval,
    spread_of,
)


def sums(confidence: np.ndarray, right: np.ndarray | None = None) -> ConfidenceSums:
    labelled = np.full(len(confidence), right is not None)
    found = confidence_sums(bins_of(confidence), labelled, labelled if right is None else right)
    assert found is not None
    return found


def drawn(seed: int, rows: int, *, shift: float = 0.0, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Confidence, and whether the answer is right, of a model whose true chance is a line in the log-odds of its confidence."""
    random = np.random.default_rng(seed)
    odds = random.normal(1.0, 1.5, rows)
    right = random.random(rows) < 1 / (1 + np.exp(-(shift + slope * odds)))
    return 1 / (1 + np.exp(-odds)), right


def test_bins_follow_log_odds_and_leave_out_what_is_no_share() -> None:
    found = bins_of(np.array([0.5, 0.9, 0.999999, 1.0, 0.0, np.nan, 1.5, -0.1])).tolist()
    assert found[5:] == [-1, -1, -1]
    assert all(one < two for one, two in pairwise([found[4], *found[:4]]))
    assert confidence_sums(np.array([-1, -1]), np.zeros(2, bool), np.zeros(2, bool)) is None


def test_sums_of_parts_are_those_of_the_whole() -> None:
    confidence, right = drawn(1, 500)
    whole = sums(confidence, right)
    assert both(sums(confidence[:200], right[:200]), sums(confidence[200:], right[200:])) == whole
    assert both(None, whole) == both(whole, None) == whole


def test_a_model_that_is_too_sure_of_itself_is_seen_through() -> None:
    """Given a model whose answers are right less often than it believes, then the estimate is near the truth and not near its belief."""
    found = calibrated([sums(*drawn(2, 4000, shift=-1.0, slope=0.6))])
    assert found is not None and found.labelled == 4000
    confidence, right = drawn(3, 4000, shift=-1.0, slope=0.6)
    expected = found.expected(sums(confidence).rows)
    assert expected is not None
    assert expected.value == pytest.approx(right.mean(), abs=0.02)
    assert abs(confidence.mean() - right.mean()) > 0.1
    low, high = interval(expected)
    assert low <= right.mean() <= high


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Given 300 windows of each of several sizes, then the intervals of 95 % have the truth of at least 93 % of them."""
    for rows in (30, 200):
        windows = [drawn(seed, rows, shift=0.3, slope=0.8) for seed in range(400)]
        found = calibrated([sums(*each) for each in windows[:100]])
        assert found is not None
        inside = 0
        for confidence, right in windows[100:]:
            expected = found.expected(sums(confidence).rows)
            assert expected is not None
            low, high = interval(expected)
            inside += low <= right.mean() <= high
        assert inside >= 0.93 * 300, (rows, inside)


def test_windows_further_off_than_chance_widen_the_interval() -> None:
    steady = [sums(*drawn(seed, 200)) for seed in range(20)]
    moving = [sums(*drawn(seed, 200, shift=1.5 * (-1) ** seed)) for seed in range(20)]
    calm, restless = calibrated(steady), calibrated(moving)
    assert calm is not None and restless is not None
    assert calm.spread < 2
    assert restless.spread > 5
    assert spread_of([1.0, 9.0]) == 1.0, "two windows say nothing"
    assert spread_of([1.0] * 50) == pytest.approx(1.06, abs=0.05)


def test_too_few_labels_give_no_calibration_and_certain_ones_a_finite_one() -> None:
    confidence, right = drawn(1, LEAST_LABELLED - 1)
    assert calibrated([sums(confidence, right)]) is None
    assert calibrated([]) is None
    always = calibrated([sums(*(drawn(1, 500)[0], np.ones(500, bool)))])
    assert always is not None and np.isfinite(always.line).all()
    assert always.expected({}) is None


@pytest.mark.parametrize(
    "model", [LogisticRegression(max_iter=500), RandomForestClassifier(30, random_state=0)], ids=["logistic", "forest"]
)
def test_real_digits_lie_within_their_intervals(model: LogisticRegression | RandomForestClassifier) -> None:
    """Given scikit-learn's digits in windows of 50, each estimated by the labels before it, then 90 % of them or more hold the truth."""
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    pixels, digits = data.data[order] / 16, data.target[order]
    model.fit(pixels[:500], digits[:500])
    scores = model.predict_proba(pixels[500:])
    confidence, right = scores.max(axis=1), model.classes_[scores.argmax(axis=1)] == digits[500:]
    before: list[ConfidenceSums] = []
    inside: list[bool] = []
    for start in range(0, len(right) - 50, 50):
        part = slice(start, start + 50)
        found = calibrated(before)
        if found is not None:
            expected = found.expected(sums(confidence[part]).rows)
            assert expected is not None
            low, high = interval(expected)
            inside.append(bool(low <= right[part].mean() <= high))
        before.append(sums(confidence[part], right[part]))
    assert len(inside) >= 20 and np.mean(inside) >= 0.9, inside
