"""Measures of quality, each with its interval, from sums.

Shares have the interval of Wilson (1927), which holds for few rows and near 0 and 1. Means have the normal one, from the variance that
their sums of squares give; that of the RMSE follows from the MSE's by the delta method. All are of 95 %, and take rows as independent."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from unshelf.monitor.performance.estimates.confidence import Z95
from unshelf.monitor.performance.ranking.measures import RankingSums
from unshelf.monitor.performance.sums import OTHERS, SCORE_BINS, NumberSums, QualitySums, ScoreSums

_OF_ORDER = frozenset({"ndcg", "map", "mrr"})


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measure of quality."""

    name: str
    value: float
    low: float | None = None
    """The interval in which it lies with a probability of 95 %; None: there is none for it."""
    high: float | None = None
    custom: bool = False
    """Whether it is a function of somebody's own."""


@dataclass(frozen=True, kw_only=True)
class ClassQuality:
    """Quality by class."""

    name: str
    rows: int
    """Rows whose truth it is."""
    answered: int
    """Rows for which it was the answer."""
    precision: Metric | None
    recall: Metric | None
    f1: float | None


def metrics_of(sums: QualitySums) -> list[Metric]:
    """Return the measures that sums give, the most telling first; empty: nothing has a label."""
    found: list[Metric] = []
    if sums.numbers is not None and sums.numbers.rows:
        found += _of_numbers(sums.numbers)
    if sums.confusion:
        found += _of_classes(sums)
    if sums.ranking is not None and sums.ranking.queries:
        found += _of_ranking(sums.ranking)
    if sums.scores is not None and sums.scores.rows:
        found += _of_scores(sums.scores)
    return found


def classes_of(sums: QualitySums) -> list[ClassQuality]:
    """Return the quality of each class, those with the most rows first."""
    names: dict[str, None] = dict.fromkeys(sums.confusion)
    for answers in sums.confusion.values():
        names |= dict.fromkeys(answers)
    found = [_of_class(name, sums.confusion) for name in names]
    return sorted(found, key=lambda each: (-each.rows, each.name))


def share(name: str, part: float, whole: float) -> Metric | None:
    """Return a share with Wilson's interval; None: of nothing."""
    if not whole:
        return None
    value = part / whole
    bottom = 1 + Z95**2 / whole
    middle = (value + Z95**2 / (2 * whole)) / bottom
    half = Z95 * math.sqrt(value * (1 - value) / whole + Z95**2 / (4 * whole**2)) / bottom
    return Metric(name=name, value=value, low=max(0.0, middle - half), high=min(1.0, middle + half))


def mean(name: str, total: float, squares: float, rows: int) -> Metric:
    """Return a mean with its normal interval, from the sum and the sum of squares of at least one row."""
    value = total / rows
    if rows < 2:
        return Metric(name=name, value=value)
    half = Z95 * math.sqrt(max(0.0, squares - rows * value**2) / (rows - 1) / rows)
    return Metric(name=name, value=value, low=value - half, high=value + half)


def calibration_of(sums: QualitySums) -> list[tuple[int, float, float]]:
    """Return rows, mean probability and share of right answers of each bin of the answer's probability that has rows."""
    if sums.scores is None:
        return []
    return [(int(rows), total / rows, right / rows) for rows, total, right in sums.scores.calibration if rows]


def _of_classes(sums: QualitySums) -> list[Metric]:
    found = [share("accuracy", sums.right, sum(sum(each.values()) for each in sums.confusion.values()))]
    classes = [each for each in classes_of(sums) if each.name != OTHERS]
    with_truth = [each for each in classes if each.rows]
    recalls = [each.recall.value for each in with_truth if each.recall is not None]
    plain = [Metric(name="balanced_accuracy", value=sum(recalls) / len(recalls))] if recalls else []
    if classes:
        precisions = [0.0 if each.precision is None else each.precision.value for each in classes]
        plain += [
            Metric(name="precision", value=sum(precisions) / len(classes)),
            Metric(name="recall", value=sum(0.0 if each.recall is None else each.recall.value for each in classes) / len(classes)),
            Metric(name="f1", value=sum(each.f1 or 0.0 for each in classes) / len(classes)),
        ]  # fmt: skip
    return [each for each in found if each is not None] + plain


def _of_class(name: str, confusion: Mapping[str, Mapping[str, int]]) -> ClassQuality:
    rows = sum(confusion.get(name, {}).values())
    answered = sum(answers.get(name, 0) for answers in confusion.values())
    right = confusion.get(name, {}).get(name, 0)
    return ClassQuality(
        name=name, rows=rows, answered=answered, precision=share("precision", right, answered),
        recall=share("recall", right, rows), f1=2 * right / (rows + answered) if rows + answered else None,
    )  # fmt: skip


def _of_ranking(ranking: RankingSums) -> list[Metric]:
    """Return the means over queries, the most telling first; all lie between 0 and 1."""
    names = sorted(ranking.totals, key=lambda name: (name != "ndcg@10", name.partition("@")[0] not in _OF_ORDER, name))
    found = [mean(name, ranking.totals[name], ranking.squares[name], ranking.queries) for name in names]
    return [
        each if each.low is None or each.high is None
        else replace(each, low=max(0.0, each.low), high=min(1.0, each.high))
        for each in found
    ]  # fmt: skip


def _of_scores(scores: ScoreSums) -> list[Metric]:
    found = [
        mean("log_loss", scores.log_loss, scores.log_loss_squares, scores.rows),
        mean("brier", scores.brier, scores.brier_squares, scores.rows),
        Metric(
            name="calibration_error",
            value=sum(abs(total - right) for _, total, right in scores.calibration) / scores.rows,
        ),
    ]
    positives, negatives = sum(scores.positives.values()), sum(scores.negatives.values())
    if positives and negatives:
        found += _areas(scores, positives, negatives)
    return found


def _areas(scores: ScoreSums, positives: int, negatives: int) -> list[Metric]:
    """Return the area under the ROC curve with the interval of Hanley and McNeil (1982), and the average precision."""
    below, pairs = 0, 0.0
    for place in range(SCORE_BINS):
        up, down = scores.positives.get(place, 0), scores.negatives.get(place, 0)
        pairs += up * (below + down / 2)
        below += down
    area = pairs / (positives * negatives)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (first - area**2) + (negatives - 1) * (second - area**2)
    half = Z95 * math.sqrt(max(0.0, variance) / (positives * negatives))
    caught = asked = 0
    precision = 0.0
    for place in reversed(range(SCORE_BINS)):
        up = scores.positives.get(place, 0)
        caught, asked = caught + up, asked + up + scores.negatives.get(place, 0)
        precision += up / positives * caught / asked if up else 0.0
    return [
        Metric(name="roc_auc", value=area, low=max(0.0, area - half), high=min(1.0, area + half)),
        Metric(name="average_precision", value=precision),
    ]


def _of_numbers(numbers: NumberSums) -> list[Metric]:
    rows = numbers.rows
    squared = mean("mse", numbers.squares, numbers.fourths, rows)
    root = math.sqrt(squared.value)
    half = None if squared.low is None or not root else (squared.value - squared.low) / (2 * root)
    found = [
        mean("mae", numbers.absolute, numbers.squares, rows),
        Metric(name="rmse", value=root, low=None if half is None else max(0.0, root - half),
               high=None if half is None else root + half),
        mean("bias", numbers.errors, numbers.squares, rows),
    ]  # fmt: skip
    if numbers.spread > 0:
        found.append(Metric(name="r2", value=1 - numbers.squares / numbers.spread))
    if not numbers.zeros:
        found.append(mean("mape", numbers.relative, numbers.relative_squares, rows))
    return found
