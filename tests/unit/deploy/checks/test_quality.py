"""Figures of quality, against values computed by hand."""

from typing import Any

import pytest

from unshelf.deploy.checks.quality import NotComparable, quality_of


def test_classes_of_any_kind_have_accuracy_and_recall() -> None:
    found = quality_of(["a", "b", "a", None], ["a", "a", "a", "b"])
    assert (found.kind, found.rows, found.figures) == ("classes", 3, {"accuracy": 2 / 3, "mean_recall": 0.5})
    assert found.confusion[0] == {"label": "a", "output": "a", "rows": 2}
    assert quality_of([0, 1, 2], [0.0, 1.0, 1.0]).figures["accuracy"] == 2 / 3
    assert quality_of([True, False], [1, 0]).figures["accuracy"] == 1
    assert quality_of([True, False], [True, True]).figures == {"accuracy": 0.5, "mean_recall": 0.5}


@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [False, False, True, True]])
def test_scores_have_the_area_under_the_curve(labels: list[Any]) -> None:
    found = quality_of(labels, [0.1, 0.4, 0.35, 0.8])
    assert (found.kind, found.figures["auc"], found.figures["accuracy"]) == ("scores", 0.75, 0.75)
    assert found.figures["brier"] == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)
    assert quality_of(labels, [0.5, 0.5, 0.5, 0.5]).figures["auc"] == 0.5
    assert "auc" not in quality_of([1, 1], [0.2, 0.9]).figures


def test_numbers_have_errors() -> None:
    found = quality_of([1.5, 2.5, 4.0], [2.0, 2.5, 3.0])
    assert found.kind == "numbers"
    assert found.figures["mean_absolute_error"] == pytest.approx(0.5)
    assert found.figures["root_mean_squared_error"] == pytest.approx((1.25 / 3) ** 0.5)
    assert found.figures["mean_error"] == pytest.approx(-1 / 6)
    assert found.figures["r2"] == pytest.approx(1 - 1.25 / (6.25 + 2.25 + 16 - 64 / 3 + 0))
    assert "r2" not in quality_of([1.5, 1.5], [2.5, 1.0]).figures


@pytest.mark.parametrize(("output", "member"), [([3], ""), ({"p": 3}, ""), ({"p": 3, "q": 1}, "p"), ({"p": [3]}, "p")])
def test_the_value_is_found_in_an_output(output: Any, member: str) -> None:
    assert quality_of([3], [output], member).figures["accuracy"] == 1


@pytest.mark.parametrize(
    ("labels", "outputs", "member", "said"),
    [
        ([1], [{"a": 1, "b": 2}], "", "a, b: name the one"), ([1], [{"a": 1}], "b", "no 'b', but a"),
        ([1], [[1, 2]], "", "lists or objects"),
        (["yes"], [1], "", "like 'yes', and outputs like 1"), ([1], ["1"], "", "like 1, and outputs like '1'"), ([None], [1], "", "No row"),
        ([1], [{"a": {"b": 1}}], "a", "lists or objects"),
    ],
)  # fmt: skip
def test_what_can_not_be_compared_says_why(labels: Any, outputs: Any, member: str, said: str) -> None:
    with pytest.raises(NotComparable, match=said):
        quality_of(labels, outputs, member)
