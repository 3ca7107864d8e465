"""Declared metrics are held against their form and the bundle's files."""

from typing import Any

import pytest

from unshelf.contracts.monitoring.metrics import MOST_METRICS, DeclaredMetric, check_metrics, name_fault


def test_the_function_is_that_of_the_name_unless_another_one_is_given() -> None:
    assert DeclaredMetric(name="lost", file="m.py").called == "lost"
    assert DeclaredMetric(name="lost", file="m.py", function="Lost").called == "Lost"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"name": "Lost"}, "'Lost' is no name of a metric"),
        ({"name": "accuracy"}, "'accuracy' is a measure that every model has"),
        ({"name": "lost", "function": "a b"}, "'a b' is no name of a function"),
        ({"name": "lost", "description": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_can_not_be_is_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DeclaredMetric(file="m.py", **words)


def test_metrics_of_a_bundle_have_names_of_their_own_and_files_in_it() -> None:
    lost, cost = DeclaredMetric(name="lost", file="m.py"), DeclaredMetric(name="cost", file="n.py")
    check_metrics([lost, cost], ["m.py", "n.py"])
    with pytest.raises(ValueError, match=r"cost names 'n\.py', which is no file of the bundle"):
        check_metrics([lost, cost], ["m.py"])
    with pytest.raises(ValueError, match="each with a name of its own"):
        check_metrics([lost, lost], ["m.py"])
    many = [DeclaredMetric(name=f"m{number}", file="m.py") for number in range(MOST_METRICS + 1)]
    check_metrics(many[1:], ["m.py"])
    with pytest.raises(ValueError, match="at most 20"):
        check_metrics(many, ["m.py"])


def test_a_name_that_can_be_has_no_fault() -> None:
    assert name_fault("lost_margin") == ""
