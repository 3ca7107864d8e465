"""Definitions: what can't be meant is refused with a sentence."""

from typing import Any

import pytest
from pydantic import ValidationError

from unshelf.deploy.apps.forms.definition import AppDefinition

WANTED: dict[str, Any] = {"model": "priced@best", "title": "What is a house worth?"}


def test_a_definition_needs_a_model_and_a_title() -> None:
    made = AppDefinition.model_validate(WANTED)
    assert (made.inputs, made.hidden, made.answer.text, made.embed) == (None, {}, "", [])
    for missing in WANTED:
        with pytest.raises(ValidationError):
            AppDefinition.model_validate({name: value for name, value in WANTED.items() if name != missing})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "../x"}, "no model name"),
        ({"title": "  "}, "pattern"),
        ({"inputs": [{"name": "a"}], "hidden": {"a": 1}}, "twice"),
        ({"inputs": [{"name": "a", "min": 2, "max": 1}]}, "min above its max"),
        ({"inputs": [{"name": "a", "choices": []}]}, "no choices"),
        ({"answer": {"text": "{prediction"}}, "no partner"),
        ({"embed": ["https://a.example.org/path"]}, "no origin"),
        ({"embed": ["*"]}, "no origin"),
        ({"embed": ["https://*.example.org"]}, "no origin"),
        ({"embed": ["https://a.example.org; script-src *"]}, "no origin"),
        ({"embed": ["javascript:alert(1)"]}, "no origin"),
        ({"embed": ["https://user@a.example.org"]}, "no origin"),
        ({"html": "<b>"}, "Extra inputs"),
    ],
)
def test_what_can_not_be_meant_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        AppDefinition.model_validate(WANTED | changed)


def test_origins_are_written_one_way() -> None:
    embed = [
        "https://Intranet.Example.com/",
        "http://localhost:8080",
        "https://intranet.example.com",
        "https://[::1]:1",
    ]
    made = AppDefinition.model_validate(WANTED | {"embed": embed})
    assert made.embed == ["http://localhost:8080", "https://[::1]:1", "https://intranet.example.com"]
