"""A model of the loss, from sums, as an estimate of the mean absolute error."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from unshelf.monitor.performance.estimates.loss import (
    LEAST_LABELLED,
    PREDICTION,
    LossSums,
    both,
    fitted,
    interval,
    labelled_rows,
    loss_sums,
    places_of,
    size_of,
)

EDGES = {PREDICTION: [-1.0, 0.0, 1.0], "x": [-0.5, 0.5]}
SIZE = size_of(EDGES)


def drawn(seed: int, rows: int, *, centre: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Places and losses of a model that is the worse the larger `x` is."""
    random = np.random.default_rng(seed)
    x = random.normal(centre, 1, rows)
    prediction = random.normal(0, 1, rows)
    losses = np.abs(random.normal(0, 1, rows)) * np.where(x > 0.5, 3.0, np.where(x < -0.5, 0.5, 1.0))
    return places_of({"x": x, PREDICTION: prediction}, EDGES), losses


def labelled(places: np.ndarray, losses: np.ndarray) -> LossSums:
    return loss_sums(places, SIZE, np.ones(len(places), bool), losses)


def unlabelled(places: np.ndarray) -> LossSums:
    return loss_sums(places, SIZE, np.zeros(len(places), bool), np.empty(0))


def test_each_value_has_a_place_and_missing_ones_a_place_of_their_own() -> None:
    found = places_of({PREDICTION: np.array([-5.0, 0.0, 2.0, np.nan]), "x": np.array([-1.0, 0.0, 9.0, np.inf])}, EDGES)
    assert found.tolist() == [[1, 6], [3, 7], [4, 8], [5, 9]]
    assert SIZE == 10


def test_sums_of_parts_are_those_of_the_whole() -> None:
    places, losses = drawn(1, 400)
    one, two, whole = (
        labelled(places[:150], losses[:150]),
        labelled(places[150:], losses[150:]),
        labelled(places, losses),
    )
    found = both(one, two)
    assert found is not None
    assert (found.rows, found.labelled, labelled_rows(found)) == (whole.rows, whole.labelled, whole.rows)
    assert found.absolute == pytest.approx(whole.absolute)
    assert both(one, None) == both(None, one) == one
    assert both(one, LossSums(rows=[1, 2])) == LossSums(rows=[1, 2]), "of other bins the later ones count"
    half = both(one, unlabelled(places[150:]))
    assert half is not None and labelled_rows(half)[0] == 150 and half.rows[0] == 400


def test_the_loss_of_rows_that_drifted_is_foreseen() -> None:
    """Given rows that move to where the model is bad, then the estimate goes up with the true error, before any label."""
    model = fitted([labelled(*drawn(seed, 500)) for seed in range(8)])
    assert model is not None and model.labelled == 4000
    for centre in (-1.5, 0.0, 1.5):
        places, losses = drawn(99, 1000, centre=centre)
        expected = model.expected(unlabelled(places).rows)
        assert expected is not None
        low, high = interval(expected)
        assert low <= losses.mean() <= high, (centre, losses.mean(), low, high)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    model = fitted([labelled(*drawn(seed, 100)) for seed in range(40)])
    assert model is not None
    inside = 0
    for seed in range(1000, 1300):
        places, losses = drawn(seed, 100)
        expected = model.expected(unlabelled(places).rows)
        assert expected is not None
        low, high = interval(expected)
        inside += bool(low <= losses.mean() <= high)
    assert inside >= 0.92 * 300, inside


def test_too_few_labels_give_no_model_and_no_rows_no_estimate() -> None:
    assert fitted([]) is None
    assert fitted([labelled(*drawn(1, LEAST_LABELLED - 1))]) is None
    assert fitted([unlabelled(drawn(1, 5000)[0])]) is None
    model = fitted([labelled(*drawn(1, 1000))])
    assert model is not None
    assert (model.expected([0] * SIZE), model.expected([3, 3])) == (None, None)


def test_real_patients_lie_within_their_intervals() -> None:
    """Given scikit-learn's diabetes in any order, of which most have labels, then most parts without hold their true error."""
    data = load_diabetes()
    inside = []
    for seed in range(40):
        order = np.random.default_rng(seed).permutation(len(data.target))
        rows, truths = data.data[order], data.target[order]
        model = LinearRegression().fit(rows[:60], truths[:60])
        answers = model.predict(rows)
        edges = {
            PREDICTION: np.quantile(answers, [0.25, 0.5, 0.75]).tolist(),
            "bmi": np.quantile(rows[:, 2], [0.3, 0.6]).tolist(),
        }
        places, losses = places_of({PREDICTION: answers, "bmi": rows[:, 2]}, edges), np.abs(answers - truths)
        size = size_of(edges)
        found = fitted([loss_sums(places[60:380], size, np.ones(320, bool), losses[60:380])])
        assert found is not None
        expected = found.expected(loss_sums(places[380:], size, np.zeros(62, bool), np.empty(0)).rows)
        assert expected is not None
        low, high = interval(expected)
        inside.append(bool(low <= losses[380:].mean() <= high))
    assert np.mean(inside) >= 0.85, inside
