"""Measures agree with scikit-learn, and those of parts that are summed with those of the whole."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from unshelf.monitor.performance.metrics import Metric, calibration_of, classes_of, mean, metrics_of, share
from unshelf.monitor.performance.ranking.measures import ranking_sums
from unshelf.monitor.performance.sums import (
    MOST_CLASSES,
    OTHERS,
    QualitySums,
    as_plain,
    classified,
    estimated,
    from_plain,
    scored,
    summed,
)

CHANCE = np.random.default_rng(7)
CLASSES = ["no", "yes"]


def by_name(sums: QualitySums) -> dict[str, Metric]:
    return {each.name: each for each in metrics_of(sums)}


def scored_sums(truths: np.ndarray, scores: np.ndarray, classes: list[str]) -> QualitySums:
    names = [classes[place] for place in truths]
    sums = classified(names, [classes[place] for place in scores.argmax(axis=1)])
    sums.scores = scored(names, scores, classes)
    return sums


def in_parts(make: object, *arrays: np.ndarray) -> QualitySums:
    parts = [make(*some) for some in zip(*(np.array_split(each, 4) for each in arrays), strict=True)]  # type: ignore[operator]
    stored = from_plain(as_plain({str(place): part for place, part in enumerate(parts)}))
    return summed(stored.values())


def test_measures_of_two_classes_are_those_of_scikit_learn() -> None:
    truths = CHANCE.integers(0, 2, 4000)
    positive = np.clip(0.35 * truths + CHANCE.normal(0.33, 0.2, 4000), 0.001, 0.999)
    scores = np.stack([1 - positive, positive], axis=1)
    found = by_name(in_parts(lambda one, two: scored_sums(one, two, CLASSES), truths, scores))
    answers = scores.argmax(axis=1)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(truths, answers, average="macro")
    expected = {
        "accuracy": sk.accuracy_score(truths, answers), "balanced_accuracy": sk.balanced_accuracy_score(truths, answers),
        "precision": precision, "recall": recall, "f1": f1, "log_loss": sk.log_loss(truths, scores),
        "brier": 2 * sk.brier_score_loss(truths, positive),
    }  # fmt: skip
    assert {name: found[name].value for name in expected} == pytest.approx(expected)
    assert found["roc_auc"].value == pytest.approx(sk.roc_auc_score(truths, positive), abs=1e-3)
    assert found["average_precision"].value == pytest.approx(sk.average_precision_score(truths, positive), abs=2e-3)
    assert 0 <= found["calibration_error"].value < 0.3


def test_measures_of_several_classes_are_those_of_scikit_learn() -> None:
    classes = ["a", "b", "c"]
    truths = CHANCE.integers(0, 3, 900)
    scores = CHANCE.dirichlet([1, 1, 1], 900)
    scores[np.arange(900), truths] += 0.3
    scores /= scores.sum(axis=1, keepdims=True)
    sums = in_parts(lambda one, two: scored_sums(one, two, classes), truths, scores)
    found, answers = by_name(sums), scores.argmax(axis=1)
    assert found["log_loss"].value == pytest.approx(sk.log_loss(truths, scores))
    assert found["f1"].value == pytest.approx(sk.f1_score(truths, answers, average="macro"))
    assert "roc_auc" not in found
    recalls = sk.recall_score(truths, answers, average=None)
    assert {each.name: each.recall.value for each in classes_of(sums) if each.recall} == pytest.approx(
        dict(zip(classes, recalls, strict=True))
    )
    assert sum(rows for rows, _, _ in calibration_of(sums)) == 900


def test_measures_of_quantities_are_those_of_scikit_learn() -> None:
    truths = CHANCE.normal(1000.0, 30.0, 2000)
    answers = truths + CHANCE.normal(2.0, 10.0, 2000)
    found = by_name(in_parts(estimated, truths, answers))
    expected = {
        "mae": sk.mean_absolute_error(truths, answers), "rmse": math.sqrt(sk.mean_squared_error(truths, answers)),
        "bias": float((answers - truths).mean()), "r2": sk.r2_score(truths, answers),
        "mape": sk.mean_absolute_percentage_error(truths, answers),
    }  # fmt: skip
    assert {name: each.value for name, each in found.items()} == pytest.approx(expected)
    assert found["rmse"].low is not None
    assert found["rmse"].low < found["rmse"].value < (found["rmse"].high or 0)


def test_no_share_of_a_truth_that_is_zero_and_no_spread_of_equal_truths() -> None:
    found = by_name(estimated(np.array([0.0, 0.0]), np.array([1.0, -1.0])))
    assert set(found) == {"mae", "rmse", "bias"}
    sums = estimated(np.array([0.0, 1.0]), np.array([2.0, -2.0]))
    assert sums.numbers is not None
    assert (sums.numbers.over, sums.numbers.under, sums.numbers.zeros) == (2.0, 3.0, 1)


def test_intervals() -> None:
    nine = share("accuracy", 9, 10)
    assert nine is not None  # Wilson's interval of 9 in 10, as Brown, Cai and DasGupta (2001) give it
    assert (nine.low, nine.high) == (pytest.approx(0.596, abs=1e-3), pytest.approx(0.982, abs=1e-3))
    assert share("accuracy", 0, 0) is None
    assert mean("mae", 3.0, 9.0, 1) == Metric(name="mae", value=3.0)
    wide = mean("mae", 10.0, 30.0, 10)
    assert (wide.value, wide.high) == (1.0, pytest.approx(1 + 1.96 * math.sqrt(20 / 9 / 10), abs=1e-3))


def test_rows_that_are_no_probabilities_and_truths_that_are_no_class_have_no_score() -> None:
    rows = np.array([[0.5, 0.5], [0.2, 0.2], [np.nan, 1.0], [-0.5, 1.5]])
    sums = scored(["no", "no", "yes", "yes"], rows, CLASSES)
    assert sums is not None
    assert sums.rows == 1
    assert scored(["maybe"], rows[:1], CLASSES) is None


def test_classes_beyond_the_bound_are_put_together_and_the_accuracy_stays() -> None:
    names = [str(place) for place in range(300)]
    sums = summed([classified(names, names), classified(names[:150], names[1:151])])
    shown = {truth for truth in sums.confusion}  # noqa: C416
    assert (len(shown), OTHERS in shown, sums.labelled, sums.right) == (MOST_CLASSES, True, 450, 300)
    assert by_name(sums)["accuracy"].value == pytest.approx(300 / 450)


def test_sums_of_nothing_say_nothing() -> None:
    assert metrics_of(summed([])) == []
    assert calibration_of(QualitySums()) == []


def test_rankings_have_means_over_queries_with_intervals() -> None:
    found = metrics_of(QualitySums(ranking=ranking_sums([{"mrr": 0.5, "ndcg@10": 0.9}, {"mrr": 1.0, "ndcg@10": 1.0}])))
    assert [(each.name, each.value) for each in found] == [("ndcg@10", pytest.approx(0.95)), ("mrr", 0.75)]
    assert all(each.low is not None and each.high is not None and 0 <= each.low < each.high <= 1 for each in found)
