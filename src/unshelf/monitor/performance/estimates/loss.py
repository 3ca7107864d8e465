"""The mean absolute error of quantities, estimated by a linear model of the loss on bins of the inputs and of the prediction.

Direct loss estimation (NannyML, "Direct Loss Estimation", 2022): where labels are there, the loss of each prediction is learned from what
is known without a label; where there are none, the learned loss is averaged. The model is a ridge regression (A. Hoerl, R. Kennard,
Technometrics 12, 1970) on indicators of bins, so that it follows from sums that merge: how many rows lie in each bin and each pair of
bins, and the losses there. It needs no program of its own, and any range of time has an estimate. It is additive: interactions between
inputs are not seen."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from unshelf.monitor.performance.estimates.confidence import Z95, Expected, spread_of

LEAST_LABELLED = 300
"""Labelled predictions without which nothing is estimated."""
PREDICTION = "prediction"
MOST_COLUMNS = 12
_RIDGE = 2.0
"""Pseudo-rows for each bin: a bin with few labelled rows has about the mean loss."""
_LEAST_SCALE = 0.3
_LEAST_IN_WINDOW = 20


class LossSums(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Rows by bin of each column, in one line of bins; the first place stands for all rows."""

    rows: list[int] = []
    """All answered rows in each place."""
    labelled: list[int] = []
    """The upper triangle, row by row, of labelled rows in each pair of places; empty: no row has a label."""
    absolute: list[float] = []
    """The absolute errors of labelled rows in each place."""
    squares: float = 0.0
    """The sum of the squares of these errors."""


class LossModel(NamedTuple):
    """A fitted model of the loss."""

    coefficients: np.ndarray
    covariance: np.ndarray
    mean: float
    """The mean loss of the labelled rows."""
    residual: float
    """The variance of one row's loss around what is expected of it."""
    spread: float
    """As in Calibration."""
    labelled: int

    def expected(self, rows: Sequence[float]) -> Expected | None:
        """Return the mean absolute error that is expected of rows by place; None: there are none."""
        total = float(rows[0]) if len(rows) == len(self.coefficients) else 0.0
        if not total:
            return None
        mean = np.asarray(rows, dtype=float) / total
        value = max(0.0, float(mean @ self.coefficients))
        scale = max(value / self.mean, _LEAST_SCALE) ** 2  # where losses are larger, so are their differences
        doubt = float(mean @ self.covariance @ mean)
        return Expected(value, self.residual * scale / total * self.spread, doubt * self.spread, int(total))


def places_of(columns: Mapping[str, np.ndarray], edges: Mapping[str, Sequence[float]]) -> np.ndarray:
    """Return for each row its place in the bins of each column, (rows, columns); missing values have a bin of their own."""
    found, first = [], 1
    for name, bounds in edges.items():
        values = columns[name]
        places = np.searchsorted(np.asarray(bounds, dtype=float), values, side="right")
        found.append(first + np.where(np.isfinite(values), places, len(bounds) + 1))
        first += len(bounds) + 2
    return np.stack(found, axis=1) if found else np.empty((0, 0), dtype=np.int64)


def size_of(edges: Mapping[str, Sequence[float]]) -> int:
    """Return the number of places."""
    return 1 + sum(len(bounds) + 2 for bounds in edges.values())


def loss_sums(places: np.ndarray, size: int, labelled: np.ndarray, losses: np.ndarray) -> LossSums:
    """Return the sums of rows. `labelled`: which have a label; `losses`: the absolute error of each of those."""
    sums = LossSums(rows=_counts(places, size))
    if not len(losses):
        return sums
    own = places[labelled]
    design = np.zeros((len(own), size))
    design[:, 0] = 1
    design[np.arange(len(own))[:, None], own] = 1
    sums.labelled = (design.T @ design)[np.triu_indices(size)].astype(np.int64).tolist()
    sums.absolute = (design.T @ losses).tolist()
    sums.squares = float((losses**2).sum())
    return sums


def both(one: LossSums | None, two: LossSums | None) -> LossSums | None:
    """Return the sums of both together; of bins that are not the same, the later ones."""
    if one is None or two is None or len(one.rows) != len(two.rows):
        return two or one
    return LossSums(
        rows=_added(one.rows, two.rows), labelled=_added(one.labelled, two.labelled),
        absolute=_added(one.absolute, two.absolute), squares=one.squares + two.squares,
    )  # fmt: skip


def fitted(windows: Sequence[LossSums]) -> LossModel | None:
    """Fit a model of the loss to the labelled rows of windows; None: there are too few."""
    total: LossSums | None = None
    for each in windows:
        total = both(total, each)
    if total is None or not total.labelled or total.labelled[0] < LEAST_LABELLED:
        return None
    size, count = len(total.rows), total.labelled[0]
    products = np.zeros((size, size))
    products[np.triu_indices(size)] = total.labelled
    products += np.triu(products, 1).T
    sums = np.array(total.absolute)
    mean = sums[0] / count
    penalty = np.full(size, _RIDGE)
    penalty[0] = 1e-6  # the mean itself is not drawn towards anything
    inverse = np.linalg.inv(products + np.diag(penalty))
    centred = sums - mean * products[:, 0]
    coefficients = inverse @ centred
    left = total.squares - count * mean**2 - float(coefficients @ centred)
    freedom = float(np.trace(inverse @ products))
    residual = max(left, 1e-12) / max(count - freedom, 1.0)
    coefficients[0] += mean
    found = LossModel(coefficients, inverse * residual, max(float(mean), 1e-12), residual, 1.0, count)
    return found._replace(spread=_spread(found, windows))


def labelled_rows(sums: LossSums) -> list[int]:
    """Return the labelled rows in each place."""
    return sums.labelled[: len(sums.rows)]


def interval(expected: Expected) -> tuple[float, float]:
    """Return the interval in which the mean of these rows lies with a probability of 95 %."""
    half = Z95 * float(np.sqrt(expected.chance + expected.doubt))
    return max(0.0, expected.value - half), expected.value + half


def _spread(found: LossModel, windows: Sequence[LossSums]) -> float:
    distances = []
    for each in windows:
        rows = labelled_rows(each)
        expected = found.expected(rows) if rows and rows[0] >= _LEAST_IN_WINDOW else None
        if expected is not None:
            distances.append((each.absolute[0] / rows[0] - expected.value) ** 2 / expected.chance)
    return spread_of(distances)


def _counts(places: np.ndarray, size: int) -> list[int]:
    counts = np.bincount(places.ravel(), minlength=size)
    counts[0] = len(places)
    found: list[int] = counts.tolist()
    return found


def _added(one: Sequence[Any], two: Sequence[Any]) -> list[Any]:
    if not one or not two:
        return list(one or two)
    return [a + b for a, b in zip(one, two, strict=True)]
