"""Sums from which every measure of quality follows: those of any range are the sums of its hours."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from unshelf.monitor.performance.estimates import confidence, loss
from unshelf.monitor.performance.estimates.confidence import ConfidenceSums
from unshelf.monitor.performance.estimates.loss import LossSums
from unshelf.monitor.performance.ranking import measures
from unshelf.monitor.performance.ranking.measures import RankingSums

CALIBRATION_BINS = 10
SCORE_BINS = 1000
"""Bins of the positive class's score, from which the areas under curves follow to about a thousandth."""
MOST_CLASSES = 100
"""Classes of a confusion matrix; rarer ones are put together."""
OTHERS = "(others)"
_LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
_SUM_OF_PROBABILITIES = 0.01
"""How far the probabilities of a row may be from 1 together."""


class ScoreSums(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sums over predictions with a probability of each class."""

    rows: int = 0
    log_loss: float = 0.0
    log_loss_squares: float = 0.0
    brier: float = 0.0
    brier_squares: float = 0.0
    calibration: list[list[float]] = []
    """By bin of the answered class's probability: rows, the sum of the probabilities, right answers."""
    positive: str = ""
    """The class that the bins are about; empty: there are not exactly two."""
    positives: dict[int, int] = {}
    """Bin of the positive class's probability → rows whose truth it is."""
    negatives: dict[int, int] = {}


class NumberSums(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sums over predicted quantities; an error is the prediction less the truth."""

    rows: int = 0
    errors: float = 0.0
    absolute: float = 0.0
    squares: float = 0.0
    fourths: float = 0.0
    mean: float = 0.0
    """The mean of the truths."""
    spread: float = 0.0
    """The sum of squared distances of the truths from their mean."""
    relative: float = 0.0
    """The sum of absolute errors as shares of the truths that are not zero."""
    relative_squares: float = 0.0
    zeros: int = 0
    """Truths that are zero, of which no error is a share."""
    over: float = 0.0
    """The sum of errors above the truth."""
    under: float = 0.0
    """The sum of errors below it, as a positive number."""


class QualitySums(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sums over the predictions of a window or of a slice of it."""

    rows: int = 0
    """Rows that were answered."""
    labelled: int = 0
    """Rows with a label that was used."""
    unusable: int = 0
    """Rows whose label can't be held against the answer: a text beside a quantity, an answer that is missing."""
    ambiguous: int = 0
    """Requests of several rows with labels that name none of them."""
    right: int = 0
    """Rows whose answer is the truth, of a classification."""
    confusion: dict[str, dict[str, int]] = {}
    """Truth → answer → rows."""
    scores: ScoreSums | None = None
    numbers: NumberSums | None = None
    confidence: ConfidenceSums | None = None
    """By confidence in the answer, of a classifier with scores: what an estimate before labels follows from."""
    ranking: RankingSums | None = None
    losses: LossSums | None = None
    """By bins of inputs and prediction, of quantities; of all rows together, not of slices."""


Slices = dict[str, QualitySums]
"""Slice (`COLUMN=VALUE`; empty: all rows) → its sums."""


def classified(truths: Sequence[str], answers: Sequence[str]) -> QualitySums:
    """Return the sums of a classification; truths and answers as `class_name` writes them."""
    confusion: dict[str, dict[str, int]] = {}
    pairs = np.array([truths, answers], dtype=object)
    right = int(np.sum(pairs[0] == pairs[1])) if len(truths) else 0
    for truth, answer in zip(truths, answers, strict=True):
        of_truth = confusion.setdefault(truth, {})
        of_truth[answer] = of_truth.get(answer, 0) + 1
    return QualitySums(labelled=len(truths), right=right, confusion=_bounded(confusion))


def scored(truths: Sequence[str], scores: np.ndarray, classes: Sequence[str]) -> ScoreSums | None:
    """Return the sums over probabilities: `scores` has a row a truth and a column a class, in the order of `classes`.

    Rows that are no probabilities, and truths that are no class, are left out; None: nothing is left. The logarithmic loss is that of
    Good (1952), the score that of Brier (1950), summed over all classes."""
    places = {name: place for place, name in enumerate(classes)}
    truth = np.array([places.get(each, -1) for each in truths])
    good = (truth >= 0) & probabilities_in(scores)
    if not good.any():
        return None
    truth, own = truth[good], scores[good]
    of_truth = own[np.arange(len(own)), truth]
    losses = -np.log(np.clip(of_truth, _LEAST_PROBABILITY, 1.0))
    distances = ((own - np.eye(len(classes))[truth]) ** 2).sum(axis=1)
    answer = own.argmax(axis=1)
    confidence = own[np.arange(len(own)), answer]
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    calibration = [
        [float(np.sum(bins == each)), float(confidence[bins == each].sum()), float(np.sum((answer == truth)[bins == each]))]
        for each in range(CALIBRATION_BINS)
    ]  # fmt: skip
    sums = ScoreSums(
        rows=len(own), log_loss=float(losses.sum()), log_loss_squares=float((losses**2).sum()), brier=float(distances.sum()),
        brier_squares=float((distances**2).sum()), calibration=calibration,
    )  # fmt: skip
    if len(classes) == 2:
        places_of = np.minimum((own[:, 1] * SCORE_BINS).astype(int), SCORE_BINS - 1)
        sums.positive = classes[1]
        sums.positives, sums.negatives = _counted(places_of[truth == 1]), _counted(places_of[truth == 0])
    return sums


def probabilities_in(scores: np.ndarray) -> np.ndarray:
    """Return which rows of scores are probabilities."""
    found: np.ndarray = np.isfinite(scores).all(axis=1) & (scores >= 0).all(axis=1)
    found &= np.abs(scores.sum(axis=1) - 1) <= _SUM_OF_PROBABILITIES
    return found


def estimated(truths: np.ndarray, answers: np.ndarray) -> QualitySums:
    """Return the sums of predicted quantities; both are finite."""
    errors = answers - truths
    nonzero = truths != 0
    relative = np.abs(errors[nonzero] / truths[nonzero])
    mean = float(truths.mean()) if len(truths) else 0.0
    numbers = NumberSums(
        rows=len(truths), errors=float(errors.sum()), absolute=float(np.abs(errors).sum()), squares=float((errors**2).sum()),
        fourths=float((errors**4).sum()), mean=mean, spread=float(((truths - mean) ** 2).sum()),
        relative=float(relative.sum()), relative_squares=float((relative**2).sum()), zeros=int(np.sum(~nonzero)),
        over=float(errors[errors > 0].sum()), under=float(-errors[errors < 0].sum()),
    )  # fmt: skip
    return QualitySums(labelled=len(truths), numbers=numbers)


def summed(parts: Iterable[QualitySums]) -> QualitySums:
    """Return the sums of all parts together."""
    total = QualitySums(confusion={})
    for part in parts:
        total.rows += part.rows
        total.labelled += part.labelled
        total.unusable += part.unusable
        total.ambiguous += part.ambiguous
        total.right += part.right
        for truth, answers in part.confusion.items():
            of_truth = total.confusion.setdefault(truth, {})
            for answer, count in answers.items():
                of_truth[answer] = of_truth.get(answer, 0) + count
        if part.scores is not None:
            total.scores = part.scores if total.scores is None else _scores_of_both(total.scores, part.scores)
        if part.numbers is not None:
            total.numbers = part.numbers if total.numbers is None else _numbers_of_both(total.numbers, part.numbers)
        total.confidence = confidence.both(total.confidence, part.confidence)
        total.ranking = measures.both(total.ranking, part.ranking)
        total.losses = loss.both(total.losses, part.losses)
    total.confusion = _bounded(total.confusion)
    return total


def as_plain(slices: Mapping[str, QualitySums]) -> dict[str, Any]:
    """Return sums as JSON values."""
    return {name: msgspec.to_builtins(sums, str_keys=True) for name, sums in slices.items()}


def from_plain(stored: Mapping[str, Any]) -> Slices:
    """Return sums from their JSON values."""
    return {name: msgspec.convert(sums, QualitySums, strict=False) for name, sums in stored.items()}


def _scores_of_both(one: ScoreSums, two: ScoreSums) -> ScoreSums:
    same = one.positive == two.positive
    return ScoreSums(
        rows=one.rows + two.rows, log_loss=one.log_loss + two.log_loss,
        log_loss_squares=one.log_loss_squares + two.log_loss_squares, brier=one.brier + two.brier,
        brier_squares=one.brier_squares + two.brier_squares,
        calibration=[[a + b for a, b in zip(*each, strict=True)] for each in zip(one.calibration, two.calibration, strict=True)],
        positive=one.positive if same else "", positives=_added(one.positives, two.positives) if same else {},
        negatives=_added(one.negatives, two.negatives) if same else {},
    )  # fmt: skip


def _numbers_of_both(one: NumberSums, two: NumberSums) -> NumberSums:
    """Return the sums of both; means and spreads are merged as Chan, Golub and LeVeque (1979) do."""
    if not one.rows or not two.rows:
        return two if not one.rows else one
    rows, apart = one.rows + two.rows, two.mean - one.mean
    return NumberSums(
        rows=rows, errors=one.errors + two.errors, absolute=one.absolute + two.absolute, squares=one.squares + two.squares,
        fourths=one.fourths + two.fourths, mean=one.mean + apart * two.rows / rows,
        spread=one.spread + two.spread + apart**2 * one.rows * two.rows / rows, relative=one.relative + two.relative,
        relative_squares=one.relative_squares + two.relative_squares, zeros=one.zeros + two.zeros,
        over=one.over + two.over, under=one.under + two.under,
    )  # fmt: skip


def _added(one: Mapping[int, int], two: Mapping[int, int]) -> dict[int, int]:
    return {place: one.get(place, 0) + two.get(place, 0) for place in one.keys() | two.keys()}


def _counted(places: np.ndarray) -> dict[int, int]:
    different, counts = np.unique(places, return_counts=True)
    return dict(zip(different.tolist(), counts.tolist(), strict=True))


def _bounded(confusion: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return a confusion matrix whose rarest classes are put together where there are too many."""
    counts: dict[str, int] = {}
    for truth, answers in confusion.items():
        for answer, count in answers.items():
            counts[truth] = counts.get(truth, 0) + count
            counts[answer] = counts.get(answer, 0) + count
    if len(counts) <= MOST_CLASSES:
        return confusion
    known = sorted(counts.keys() - {OTHERS}, key=lambda name: (-counts[name], name))
    kept = {OTHERS, *known[: MOST_CLASSES - 1]}
    found: dict[str, dict[str, int]] = {}
    for truth, answers in confusion.items():
        of_truth = found.setdefault(truth if truth in kept else OTHERS, {})
        for answer, count in answers.items():
            name = answer if answer in kept else OTHERS
            of_truth[name] = of_truth.get(name, 0) + count
    return found
