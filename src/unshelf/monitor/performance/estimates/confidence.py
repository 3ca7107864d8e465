"""The share of right answers, estimated from the model's confidence in them, once that is calibrated on labelled predictions.

Calibration is a line in log-odds (J. Platt, "Probabilistic Outputs for Support Vector Machines", 2000), fitted to bins by Newton's method
with a weak prior that keeps it finite. The estimate is the mean calibrated confidence: D. Guillory et al., "Predicting with Confidence on
Unseen Distributions", ICCV 2021; J. Kivimäki et al., "Confidence-based Estimators for Predictive Performance in Model Monitoring",
JAIR 82, 2025, who show that it is right on average where confidence is calibrated. Where earlier windows lay further from their estimates
than chance explains, intervals widen by that (quasi-likelihood: P. McCullagh, J. Nelder, "Generalized Linear Models", 1989)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution, which intervals of 95 % take."""
LEAST_LABELLED = 200
"""Labelled predictions without which nothing is estimated: with fewer the interval would say nothing."""
_LOWEST, _HIGHEST, _WIDTH = -8.0, 16.0, 0.2
_BINS = round((_HIGHEST - _LOWEST) / _WIDTH)
_PRIOR_MEAN = np.array([0.0, 1.0])
_PRIOR_PRECISION = np.diag([1 / 3.0**2, 1 / 1.0**2])
"""Before any label confidence is taken at its word, loosely: a shift of 3 and a slope of 1 are one standard deviation off."""
_STEPS = 50
_DONE = 1e-9
_LEAST_IN_WINDOW = 20
_FEWEST_WINDOWS = 3


class ConfidenceSums(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Answers by their confidence: bin of log-odds → rows."""

    rows: dict[int, int] = {}
    """All rows that were answered with a known confidence."""
    labelled: dict[int, int] = {}
    """Rows with a label."""
    right: dict[int, int] = {}
    """Rows whose answer the label says is right."""


class Expected(NamedTuple):
    """A mean that is expected of some rows, before their labels."""

    value: float
    chance: float
    """The variance of the mean by chance alone."""
    doubt: float
    """The variance of its expectation, by what is not known about the model."""
    rows: int


class Calibration(NamedTuple):
    """A line in log-odds that leads from confidence to the chance of being right."""

    line: np.ndarray
    covariance: np.ndarray
    spread: float
    """The factor by which variances are larger than chance alone would have them; at least 1."""
    labelled: int
    """The labelled rows that it is fitted to."""

    def expected(self, rows: Mapping[int, int]) -> Expected | None:
        """Return the share of right answers among rows by bin; None: there are none."""
        places, counts = _arrays(rows)
        total = float(counts.sum())
        if not total:
            return None
        design = _design(places)
        right = _logistic(design @ self.line)
        uncertain = counts * right * (1 - right)
        gradient = design.T @ uncertain / total
        chance = float(uncertain.sum()) / total**2
        doubt = float(gradient @ self.covariance @ gradient)
        return Expected(float(counts @ right) / total, chance * self.spread, doubt * self.spread, int(total))


def bins_of(confidence: np.ndarray) -> np.ndarray:
    """Return the bin of each confidence, a share; -1 where it is none."""
    is_share = np.isfinite(confidence) & (confidence >= 0) & (confidence <= 1)
    inside = np.clip(np.where(is_share, confidence, 0.5), 1e-12, 1 - 1e-12)
    odds = np.log(inside) - np.log1p(-inside)
    places = np.clip((odds - _LOWEST) / _WIDTH, 0, _BINS - 1).astype(np.int64)
    found: np.ndarray = np.where(is_share, places, -1)
    return found


def confidence_sums(bins: np.ndarray, labelled: np.ndarray, right: np.ndarray) -> ConfidenceSums | None:
    """Return the sums of rows: the bin of each, and which of them have a label and are right; None: no confidence is known."""
    if not (bins >= 0).any():
        return None
    return ConfidenceSums(
        rows=_counted(bins), labelled=_counted(bins[labelled]), right=_counted(bins[labelled & right])
    )


def both(one: ConfidenceSums | None, two: ConfidenceSums | None) -> ConfidenceSums | None:
    """Return the sums of both together."""
    if one is None or two is None:
        return one or two
    return ConfidenceSums(
        rows=_added(one.rows, two.rows), labelled=_added(one.labelled, two.labelled), right=_added(one.right, two.right)
    )


def calibrated(windows: Sequence[ConfidenceSums]) -> Calibration | None:
    """Fit a calibration to the labelled rows of windows; None: there are too few."""
    total = ConfidenceSums()
    for each in windows:
        total = both(total, each) or total
    places, counts = _arrays(total.labelled)
    if counts.sum() < LEAST_LABELLED:
        return None
    right = np.array([total.right.get(place, 0) for place in places.tolist()], dtype=float)
    design = _design(places)
    line = _PRIOR_MEAN.copy()
    covariance = np.linalg.inv(_PRIOR_PRECISION)
    for _ in range(_STEPS):
        chance = _logistic(design @ line)
        slope = design.T @ (right - counts * chance) - _PRIOR_PRECISION @ (line - _PRIOR_MEAN)
        weights = counts * chance * (1 - chance)
        covariance = np.linalg.inv(design.T @ (design * weights[:, None]) + _PRIOR_PRECISION)
        step = covariance @ slope
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))  # far from the end a whole step may overshoot
        line = line + step
        if float(np.abs(step).max()) < _DONE:
            break
    found = Calibration(line, covariance, 1.0, int(counts.sum()))
    return found._replace(spread=_spread(found, windows))


def interval(expected: Expected) -> tuple[float, float]:
    """Return the interval in which the share among these rows lies with a probability of 95 %.

    Half a row is added on either side, since a count takes whole steps."""
    half = Z95 * float(np.sqrt(expected.chance + expected.doubt)) + 0.5 / expected.rows
    return max(0.0, expected.value - half), min(1.0, expected.value + half)


def spread_of(distances: Sequence[float]) -> float:
    """Return the factor by which variances are to be multiplied, where windows lay this far from their estimates: the squares of the
    distances, divided by their variances by chance.

    With few windows it is itself uncertain, so that it is widened by the square of Student's quantile over the normal one."""
    freedom = len(distances) - 1
    if freedom < _FEWEST_WINDOWS:
        return 1.0
    return max(1.0, float(np.sum(distances)) / freedom) * (_student(freedom) / Z95) ** 2


def _student(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's distribution (Abramowitz and Stegun, 26.7.5)."""
    first = (Z95**3 + Z95) / 4
    second = (5 * Z95**5 + 16 * Z95**3 + 3 * Z95) / 96
    third = (3 * Z95**7 + 19 * Z95**5 + 17 * Z95**3 - 15 * Z95) / 384
    return Z95 + first / freedom + second / freedom**2 + third / freedom**3


def _spread(found: Calibration, windows: Iterable[ConfidenceSums]) -> float:
    """Return the spread of windows around their estimates."""
    distances = []
    for each in windows:
        labelled = sum(each.labelled.values())
        expected = found.expected(each.labelled) if labelled >= _LEAST_IN_WINDOW else None
        if expected is None:
            continue
        least = 0.25 / labelled**2  # half a row: a window that is all but certain is not far off by one row
        share = sum(each.right.values()) / labelled
        distances.append((share - expected.value) ** 2 / (expected.chance + least))
    return spread_of(distances)


def _design(places: np.ndarray) -> np.ndarray:
    odds = _LOWEST + (places + 0.5) * _WIDTH
    found: np.ndarray = np.stack([np.ones(len(odds)), odds], axis=1)
    return found


def _logistic(odds: np.ndarray) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-np.clip(odds, -40, 40)))
    return found


def _arrays(counts: Mapping[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(list(counts), dtype=np.int64), np.array(list(counts.values()), dtype=float)


def _added(one: Mapping[int, int], two: Mapping[int, int]) -> dict[int, int]:
    return {place: one.get(place, 0) + two.get(place, 0) for place in one.keys() | two.keys()}


def _counted(places: np.ndarray) -> dict[int, int]:
    different, counts = np.unique(places[places >= 0], return_counts=True)
    return dict(zip(different.tolist(), counts.tolist(), strict=True))
