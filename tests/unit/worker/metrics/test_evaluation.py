"""A function is evaluated on all rows, on each slice and on samples, and what is wrong with it is told in words."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unshelf.worker.metrics.day_rows import DayRows
from unshelf.worker.metrics.evaluation import MODULE, NoNumber, evaluate, load, number_of, said

SLICED = {"who": (np.array([0, 0, 1, -1] * 25), ["a", "b"])}


def rows(**more: Any) -> DayRows:
    truth = np.arange(100.0)
    return DayRows(truth=truth, prediction=truth + 2.0, columns={"x": np.arange(100)}, sliced=SLICED, **more)


def found(function: Any, given: DayRows | None = None, *, seconds: float = 60.0) -> dict[str, Any]:
    return evaluate(function, given or rows(), seconds=seconds, began=time.monotonic(), seed="2026-11-02")


def test_all_rows_and_each_slice_have_a_value_with_an_interval() -> None:
    def distance(truth: Any, prediction: Any, table: Any) -> float:
        return float(np.mean((prediction - truth) * (1 + table["x"] % 2)))

    parts = found(distance)["parts"]
    assert {name: part["rows"] for name, part in parts.items()} == {"": 100, "who=a": 50, "who=b": 25}
    assert parts[""]["value"] == pytest.approx(3.0)
    assert parts["who=b"]["value"] == pytest.approx(2.0)
    assert parts[""]["low"] < 3.0 < parts[""]["high"]
    assert parts[""]["spread"] == pytest.approx(1 / 10, rel=0.3), (
        "the standard error of a mean of 100 values of spread 1"
    )
    assert found(distance) == found(distance), "samples are drawn the same way again"


def test_the_interval_of_a_mean_is_that_of_its_normal_one() -> None:
    random = np.random.default_rng(4)
    truth = random.normal(size=400)
    given = DayRows(truth=truth, prediction=truth + random.normal(size=400), columns={})
    part = found(lambda truth, prediction, _: np.mean(prediction - truth), given)["parts"][""]
    half = 1.96 * np.std(given.prediction - truth) / 20
    assert (part["high"] - part["low"]) / 2 == pytest.approx(half, rel=0.25)


def test_rows_of_a_query_are_drawn_together() -> None:
    groups = np.repeat(np.arange(20), 5)

    def queries(truth: Any, _prediction: Any, _table: Any, groups: Any) -> float:
        _, counts = np.unique(groups, return_counts=True)
        assert (counts == 5).all()
        return float(len(counts)) + 0.0 * len(truth)

    parts = found(queries, rows(groups=groups))
    assert parts["parts"][""]["value"] == 20.0
    assert parts["left_out"] == 2, "slices cut queries"


def test_scores_are_given_to_who_asks_for_them() -> None:
    scores = np.stack([np.full(100, 0.25), np.full(100, 0.75)], axis=1)
    given = rows(scores=scores)
    assert found(lambda _t, _p, _r, scores: scores[:, 1].mean(), given)["parts"][""]["value"] == 0.75
    assert found(lambda _t, _p, _r, scores: float(scores is None))["parts"][""]["value"] == 1.0


def test_a_function_may_spoil_its_own_arrays_alone() -> None:
    def spoils(truth: Any, prediction: Any, table: Any) -> float:
        value = float(np.mean(prediction - truth))
        truth[:] = 1e9
        table["x"] = 0
        return value

    parts = found(spoils)["parts"]
    assert [part["value"] for part in parts.values()] == pytest.approx([2.0, 2.0, 2.0])


def test_a_slice_without_a_value_leaves_the_others() -> None:
    def fragile(truth: Any, _prediction: Any, _table: Any) -> float:
        if len(truth) == 25:
            raise ZeroDivisionError("no rows of one class")
        return 1.0

    day = found(fragile)
    assert set(day["parts"]) == {"", "who=a"}
    assert day["left_out"] == 1
    assert day["why"].startswith("who=b: It raised ZeroDivisionError")


def test_a_function_that_fails_on_samples_has_a_value_without_an_interval() -> None:
    calls = []

    def fragile(truth: Any, _prediction: Any, _table: Any) -> float:
        calls.append(1)
        if len(np.unique(truth)) < len(truth):
            raise ValueError("twice")
        return 4.0

    part = found(fragile)["parts"][""]
    assert (part["value"], part["low"], part["spread"]) == (4.0, None, None)


def test_a_slow_function_has_no_samples() -> None:
    calls = []

    def slow(_truth: Any, _prediction: Any, _table: Any) -> float:
        calls.append(1)
        time.sleep(0.02)
        return 1.0

    part = found(slow, seconds=1.0)["parts"][""]
    assert (part["value"], part["low"]) == (1.0, None)
    assert len(calls) <= 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "It returned nothing, not a number."), ("4", "It returned a str, not a number."),
        (True, "It returned a bool, not a number."),
        (float("nan"), "It returned nan, not a finite number."), (np.float64("inf"), "It returned inf, not a finite number."),
        (np.array([1.0, 2.0]), "It returned a ndarray, not a number."), (10**400, "It returned an integer that is too large for a number."),
        (1j, "It returned a complex, not a number."),
    ],
)  # fmt: skip
def test_only_finite_numbers_are_values(value: Any, text: str) -> None:
    with pytest.raises(NoNumber) as caught:
        number_of(value)
    assert str(caught.value) == text


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3), np.array(3)])
def test_numbers_of_every_kind_are(value: Any) -> None:
    assert number_of(value) == 3.0


def test_a_function_is_loaded_and_its_errors_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / MODULE
    path.write_text("import math\n\ndef wrong(truth, prediction, rows):\n    return math.sqrt(-len(truth))\n")
    function = load(path, "wrong")
    with pytest.raises(ValueError) as caught:
        function([1], [1], {})
    assert said(caught.value).startswith("It raised ValueError (line 4): ")
    with pytest.raises(LookupError, match="has no function right"):
        load(path, "right")
    path.write_text("def wrong(:\n")
    with pytest.raises(SyntaxError) as unread:
        load(path, "wrong")
    assert "It raised SyntaxError (line 1)" in said(unread.value)
