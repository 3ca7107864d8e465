"""Words: the first rule that fits the answer."""

from typing import Any

import pytest

from unshelf.deploy.apps.forms.definition import AppAnswer
from unshelf.deploy.apps.forms.words import say

RISK = AppAnswer.model_validate({
    "text": "{input.name}: {words} ({prediction:.0%})",
    "words": [{"below": 0.3, "text": "low risk", "tone": "ok"}, {"below": 0.6, "text": "some risk"}, {"text": "high risk"}],
})  # fmt: skip


@pytest.mark.parametrize(
    ("prediction", "words"), [(0.1, "low risk"), (0.3, "some risk"), (0.9, "high risk"), ("a", "high risk")]
)
def test_thresholds_become_words(prediction: Any, words: str) -> None:
    said = say(RISK, prediction, {"name": "Ana"})
    assert said.words == words
    assert said.text.startswith(f"Ana: {words}")
    assert said.tone == ("ok" if words == "low risk" else "unknown")


def test_words_are_about_the_value_that_is_named() -> None:
    answer = AppAnswer.model_validate(
        {"of": "label", "words": [{"equals": "b", "text": "B!"}, {"equals": 1, "text": "one"}], "text": "{words}"}
    )
    assert say(answer, {"p": 1, "label": "b"}, {}).text == "B!"
    assert say(answer, {"p": 1, "label": "c"}, {}).text == ""
    assert say(answer, {"p": 1, "label": True}, {}).text == ""


def test_an_answer_can_not_take_the_place_of_an_input_or_of_the_words() -> None:
    said = say(RISK, {"words": "taken", "input.name": "taken", "prediction": 0.1}, {"name": "Ana"})
    assert said.text == "Ana: low risk (10%)"
