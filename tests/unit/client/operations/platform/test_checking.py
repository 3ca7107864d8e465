"""Checks of documents before anything is changed."""

from typing import Any

import pytest

from unshelf.client.operations.platform.checking import check_needed, number_of
from unshelf.client.operations.platform.plan import KINDS, checked
from unshelf.contracts.errors import UnshelfError


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"project": []}, "projects"),
        ({"projects": {"name": "x"}}, "table of its own"),
        ({"projects": [{"name": "x", "titel": "y"}]}, "'title'"),
        (
            {"projects": [{"name": "x"}, {"name": "x"}]},
            "projects number 2: projects x is there twice, first at projects number 1",
        ),
        ({"projects": [{"title": "x"}]}, "name is left out"),
        ({"projects": [{"name": ""}]}, "name of projects is a text"),
        ({"projects": [{"name": "x", "priority": "hihg"}]}, "one of low, normal, high, urgent, not 'hihg'"),
        (
            {"quotas": [{"account": "project", "name": "x", "replicas": 1.5}]},
            "replicas of quotas is a whole number, not 1.5",
        ),
        ({"groups": [{"name": "x", "members": "ada"}]}, "a list of texts"),
        ({"budgets": [{"project": "x", "amount": "much"}]}, "amount of budgets is a number"),
        ({"budgets": [{"project": "x", "amount": 1, "thresholds": [True]}]}, "a list of whole numbers"),
        ({"support": [{"on": "installation", "level": "critical"}]}, "project:NAME or model:NAME"),
        ({"connections": [{"name": "x", "settings": "y"}]}, "settings of connections is a table"),
        ({"environments": [{"name": "x", "restricted": 1}]}, "true or false"),
        (
            {
                "monitors": [
                    {
                        "model": "m",
                        "name": "x",
                        "kind": "performance",
                        "metric": "accuracy",
                        "relative": False,
                        "threshold": 80,
                    }
                ]
            },
            "monitors number 1: monitors: x: the limit of accuracy is not 80: it is above 0 and at most 1",
        ),
        (
            {"monitors": [{"model": "m", "name": "x", "kind": "inputs", "threshold": "1.5"}]},
            "a threshold of inputs is not 1.5",
        ),
        ({"monitors": [{"model": "m", "name": "x", "kind": "volume", "columns": ["a"]}]}, "which have no columns"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_right(document: dict[str, Any], said: str) -> None:
    with pytest.raises(UnshelfError) as refused:
        checked(document)
    assert said in f"{refused.value.detail} {refused.value.hint}"


def test_a_thing_that_is_made_needs_some_fields() -> None:
    budgets = next(kind for kind in KINDS if kind.name == "budgets")
    check_needed(budgets, 0, {"project": "x", "amount": 1.0}, number_of)
    with pytest.raises(UnshelfError) as refused:
        check_needed(budgets, 0, {"project": "x"}, number_of)
    assert "without amount" in refused.value.detail and "amount = …" in refused.value.hint


def test_a_monitor_that_there_can_be_is_fine() -> None:
    fine = {
        "model": "m",
        "name": "x",
        "kind": "inputs",
        "columns": ["a"],
        "threshold": 0.2,
        "reference": "version:3",
        "window": "1000",
    }
    checked({"monitors": [fine, {"model": "m", "name": "inputs", "paused": True}]})
