"""Parameters as their maker declares them, in Python and in TOML."""

from typing import Any

import numpy as np
import pytest

from unshelf.client.data.parameters import parse_parameters
from unshelf.client.errors import InvalidModel
from unshelf.contracts.signature import Parameter


def test_nothing_said_leaves_it_to_the_code_and_an_empty_table_offers_none() -> None:
    assert parse_parameters(None) is None
    assert parse_parameters({}) == []


@pytest.mark.parametrize(
    ("declared", "fields"),
    [
        (1.5, {"type": "number", "default": 1.5}),
        (3, {"type": "integer", "default": 3}),
        (np.int64(3), {"type": "integer", "default": 3}),
        (True, {"type": "boolean", "default": True}),
        ("a", {"type": "string", "default": "a"}),
        (["a", "b"], {"type": "list[string]", "default": ["a", "b"]}),
        ({"default": 2}, {"type": "integer", "default": 2}),
        ({"type": "number", "default": 2, "max": 3}, {"type": "number", "default": 2.0, "max": 3}),
        ({"type": "number", "default": float("inf")}, {"type": "number", "default": "Infinity"}),
        ({"type": "string"}, {"type": "string", "default": None}),
        ({"type": "list[integer]", "default": []}, {"type": "list[integer]", "default": []}),
        (
            {"type": "string", "default": "a", "choices": ["a", "b"], "description": "Which."},
            {"type": "string", "default": "a", "choices": ["a", "b"], "description": "Which."},
        ),
    ],
)
def test_a_default_alone_or_a_table(declared: Any, fields: dict[str, Any]) -> None:
    assert parse_parameters({"p": declared}) == [Parameter(name="p", **fields)]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"p": None}, "parameters.p: its type does not follow"),
        ({"p": []}, "parameters.p: its type does not follow"),
        ({"p": [1, "a"]}, "parameters.p: its type does not follow"),
        ({"p": float("nan")}, "parameters.p: .*no value that it takes"),
        ({"p": {"type": "float", "default": 1.0}}, "parameters.p: Invalid enum value 'float'"),
        ({"p": {"type": "number", "defualt": 1.0}}, "parameters.p: 'defualt' is not known"),
        ({"p": {"type": "integer", "default": "a"}}, "parameters.p: .*no value that it takes"),
        ({"p": {"type": "integer", "default": 1, "min": "a"}}, "parameters.p: Expected"),
        ({"p": object()}, "parameters.p: "),
        ([1], "parameters are a table by name"),
    ],
)
def test_what_is_wrong_is_told_with_its_name(declared: Any, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        parse_parameters(declared)
