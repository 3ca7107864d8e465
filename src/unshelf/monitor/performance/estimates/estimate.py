"""Estimates of a range of time, window by window: each calibrated on the labelled windows before it, and held against its own labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from unshelf.monitor.performance.estimates import confidence, loss
from unshelf.monitor.performance.estimates.confidence import ConfidenceSums, Expected
from unshelf.monitor.performance.estimates.loss import LossSums

_LEAST_HELD = 30
"""Labelled rows without which an estimate is not held against the truth."""


@dataclass(frozen=True, kw_only=True)
class EstimateSums:
    """Sums of a version's hour, as far as estimates follow from them."""

    version: int
    start: datetime
    confidence: ConfidenceSums | None = None
    losses: LossSums | None = None
    labelled: int = 0
    """Rows with a label, also those that no estimate is learned from yet."""


@dataclass(frozen=True, kw_only=True)
class HeldEstimate:
    """An estimate of the labelled rows beside what their labels say."""

    labelled: int
    expected: float
    """The estimate of these rows."""
    truth: float
    """The measure of these rows."""
    is_inside: bool
    """Whether the truth lies in the interval of the estimate."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A measure as it is expected of rows, before their labels or beside them."""

    name: str
    """accuracy or mae."""
    value: float
    low: float
    high: float
    """The interval of 95 %."""
    rows: int
    """The rows that it is of."""
    labelled: int
    """Labelled rows of before that it was learned from."""
    held: HeldEstimate | None = None
    """None: too few of its rows have a label."""


class _Part(NamedTuple):
    """An estimate of one version's rows."""

    name: str
    expected: Expected
    learned: int
    held: Expected | None
    truth: float
    labelled: int


def estimate_of(window: Sequence[EstimateSums], before: Sequence[EstimateSums]) -> Estimate | None:
    """Return the estimate of a window's rows; None: nothing is known of them, or too few rows before have a label.

    Each version is learned from its own rows before; versions together are weighed by their rows."""
    parts = []
    for version in sorted({each.version for each in window}):
        own = [each for each in window if each.version == version]
        earlier = [each for each in before if each.version == version]
        found = _of_confidence(own, earlier) or _of_losses(own, earlier)
        if found is not None:
            parts.append(found)
    if not parts or len({part.name for part in parts}) > 1:
        return None
    name = parts[0].name
    total = _together([part.expected for part in parts])
    low, high = interval_of(name, total)
    return Estimate(
        name=name, value=total.value, low=low, high=high, rows=total.rows, labelled=sum(part.learned for part in parts),
        held=_held(name, parts),
    )  # fmt: skip


def over_all(estimates: Iterable[Estimate]) -> Estimate | None:
    """Return the mean of estimates, weighed by rows; None: there are none.

    What is not known about the model is common to all of them, so that intervals do not shrink as those of independent windows would."""
    found = list(estimates)
    rows = sum(each.rows for each in found)
    if not rows:
        return None

    def mean(values: Iterable[float]) -> float:
        return sum(value * each.rows / rows for value, each in zip(values, found, strict=True))

    held = [each.held for each in found if each.held is not None]
    labelled = sum(each.labelled for each in held)
    return Estimate(
        name=found[0].name, value=mean(each.value for each in found), low=mean(each.low for each in found),
        high=mean(each.high for each in found), rows=rows, labelled=max(each.labelled for each in found),
        held=None if not held else HeldEstimate(
            labelled=labelled, expected=sum(each.expected * each.labelled for each in held) / labelled,
            truth=sum(each.truth * each.labelled for each in held) / labelled,
            is_inside=sum(each.is_inside for each in held) * 2 > len(held),
        ),
    )  # fmt: skip


def interval_of(name: str, expected: Expected) -> tuple[float, float]:
    """Return the interval of 95 % of a measure."""
    return confidence.interval(expected) if name == "accuracy" else loss.interval(expected)


def _of_confidence(own: Sequence[EstimateSums], before: Sequence[EstimateSums]) -> _Part | None:
    sums: ConfidenceSums | None = None
    for each in own:
        sums = confidence.both(sums, each.confidence)
    learned = confidence.calibrated([each.confidence for each in before if each.confidence is not None])
    expected = None if sums is None or learned is None else learned.expected(sums.rows)
    if sums is None or learned is None or expected is None:
        return None
    labelled = sum(sums.labelled.values())
    truth = sum(sums.right.values()) / labelled if labelled else 0.0
    return _Part("accuracy", expected, learned.labelled, learned.expected(sums.labelled), truth, labelled)


def _of_losses(own: Sequence[EstimateSums], before: Sequence[EstimateSums]) -> _Part | None:
    sums: LossSums | None = None
    for each in own:
        sums = loss.both(sums, each.losses)
    size = 0 if sums is None else len(sums.rows)
    learned = loss.fitted([each.losses for each in before if each.losses is not None and len(each.losses.rows) == size])
    expected = None if sums is None or learned is None else learned.expected(sums.rows)
    if sums is None or learned is None or expected is None:
        return None
    rows = loss.labelled_rows(sums)
    labelled = rows[0] if rows else 0
    truth = sums.absolute[0] / labelled if labelled else 0.0
    return _Part("mae", expected, learned.labelled, learned.expected(rows) if labelled else None, truth, labelled)


def _together(parts: Sequence[Expected]) -> Expected:
    """Return the mean of parts of different versions, which were learned from different rows."""
    rows = sum(part.rows for part in parts)
    shares = np.array([part.rows / rows for part in parts])
    return Expected(
        float(shares @ [part.value for part in parts]), float(shares**2 @ [part.chance for part in parts]),
        float(shares**2 @ [part.doubt for part in parts]), rows,
    )  # fmt: skip


def _held(name: str, parts: Sequence[_Part]) -> HeldEstimate | None:
    known = [(part, part.held) for part in parts if part.held is not None and part.labelled]
    labelled = sum(part.labelled for part, _ in known)
    if labelled < _LEAST_HELD:
        return None
    expected = _together([held for _, held in known])
    truth = sum(part.truth * part.labelled for part, _ in known) / labelled
    low, high = interval_of(name, expected)
    return HeldEstimate(labelled=labelled, expected=expected.value, truth=truth, is_inside=low <= truth <= high)
