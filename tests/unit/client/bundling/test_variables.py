"""Variables as a maker writes them: NAME=value, a table of texts; and a word on what looks like a secret."""

import pytest

from unshelf.client.bundling.variables import chosen_variables, notes_on_variables, parse_variables
from unshelf.client.errors import InvalidModel


def test_options_are_read_up_to_the_first_equals_sign() -> None:
    assert parse_variables(["A=1", "B=x=y", "C=", "A=2"]) == {"A": "2", "B": "x=y", "C": ""}


def test_an_option_without_a_value_is_refused_and_secrets_are_pointed_at() -> None:
    with pytest.raises(InvalidModel, match="'KEY' is no variable with its value") as refused:
        parse_variables(["KEY"])
    assert "unshelf secrets set" in refused.value.hint


def test_a_value_that_is_no_text_and_a_name_that_is_reserved_are_refused() -> None:
    with pytest.raises(InvalidModel, match="the value of WORKERS is a int, and not a text"):
        chosen_variables({"WORKERS": 3})  # type: ignore[dict-item]
    with pytest.raises(InvalidModel, match="env: the variable LD_PRELOAD can't be set: the dynamic linker reads it"):
        chosen_variables({"LD_PRELOAD": "x.so"})


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "DB_PASSWORD", "HF_TOKEN", "client_secret", "AWS_SECRET_ACCESS_KEY"]
)
def test_what_looks_like_a_secret_is_named_without_its_value(name: str) -> None:
    (note,) = notes_on_variables({name: "hunter2"})
    assert f"unshelf secrets set {name}" in note
    assert "hunter2" not in note


@pytest.mark.parametrize(
    "name", ["MAX_TOKENS", "TOKENIZERS_PARALLELISM", "TZ", "KEY_COLUMN", "MONKEY", "KERAS_BACKEND"]
)
def test_ordinary_names_are_no_secrets(name: str) -> None:
    assert notes_on_variables({name: "1"}) == []
