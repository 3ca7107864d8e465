"""Rows: an app takes what it asks for, within its ranges and choices, and nothing else."""

from typing import Any

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.deploy.apps.forms.definition import AppDefinition
from unshelf.deploy.apps.forms.rows import row_of

APP = AppDefinition.model_validate({
    "model": "priced", "title": "t", "hidden": {"secret": 7},
    "inputs": [
        {"name": "size", "kind": "number", "min": 20, "max": 200, "default": 80, "empty": "refused"},
        {"name": "city", "kind": "choice", "choices": ["Gent", 1], "default": "Gent", "empty": "null"},
        {"name": "note", "kind": "text", "choices": ["a"], "open": True, "empty": "left_out"},
    ],
})  # fmt: skip


def test_what_is_missing_is_as_the_form_begins_and_what_is_hidden_is_fixed() -> None:
    assert row_of(APP, {}) == {"size": 80, "city": "Gent", "secret": 7}
    assert row_of(APP, {"size": 200, "city": None, "note": "b"}) == {
        "size": 200,
        "city": None,
        "note": "b",
        "secret": 7,
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"secret": 8}, "an input of this app"),
        ({"size": 19.9}, "at least 20"),
        ({"size": 201}, "at most 200"),
        ({"size": float("nan")}, "a number"),
        ({"size": None}, "a value"),
        ({"city": "Lille"}, "one of Gent, 1"),
        ({"city": True}, "one of Gent, 1"),
    ],
)
def test_what_it_does_not_take_is_refused_at_its_input(given: dict[str, Any], expected: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        row_of(APP, given)
    [fault] = caught.value.errors
    assert (fault.column, fault.expected) == (next(iter(given)), expected)


def test_the_only_tensor_is_the_row_itself() -> None:
    app = AppDefinition.model_validate(
        {"model": "m", "title": "t", "inputs": [{"name": "", "kind": "json", "default": [0]}]}
    )
    assert row_of(app, {"": [[1.0]]}) == [[1.0]]
