"""Answers in words: the template of an app filled with the answer, the inputs, and the words that fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unshelf.deploy.apps.forms.definition import AnswerWords, AppAnswer
from unshelf.deploy.apps.forms.templates import render, values_of

INPUT = "input."
"""How the name of an input begins in a template."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer in words."""

    text: str
    words: str
    """The words of the rule that fits; empty: none does."""
    tone: str


def say(answer: AppAnswer, prediction: Any, inputs: Mapping[str, Any]) -> Said:
    """Put an answer into words. `inputs`: what people filled in, by name."""
    values = values_of(prediction)
    fitting = next((rule for rule in answer.words if _fits(rule, values.get(answer.of))), None)
    words = "" if fitting is None else fitting.text
    named = {f"{INPUT}{name}": value for name, value in inputs.items()}
    text = render(answer.text, {**values, **named, "words": words})
    return Said(text=text, words=words, tone="unknown" if fitting is None else fitting.tone)


def _fits(rule: AnswerWords, value: Any) -> bool:
    if rule.equals is not None and (value != rule.equals or isinstance(value, bool) != isinstance(rule.equals, bool)):
        return False
    if rule.below is not None:
        return isinstance(value, int | float) and not isinstance(value, bool) and value < rule.below
    return True
