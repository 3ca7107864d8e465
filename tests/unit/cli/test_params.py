"""NAME=VALUE on the command line."""

import pytest
import typer

from unshelf.cli.params import finite, read_pairs, read_parameters, read_params
from unshelf.client.errors import InvalidInput


def test_values_are_json_or_else_texts() -> None:
    assert read_params(["top_k=3", "style=plain", "name=a=b", "none="]) == {
        "top_k": 3,
        "style": "plain",
        "name": "a=b",
        "none": "",
    }
    assert read_params([]) is None is read_params(None)


@pytest.mark.parametrize("text", ["plain", "=3"])
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="NAME=VALUE"):
        read_params([text])


def test_a_name_is_given_once_and_no_value_is_shown() -> None:
    assert read_parameters(None) == {}
    assert read_pairs(["user=a", "password=b=c"], "Credentials") == {"user": "a", "password": "b=c"}
    with pytest.raises(InvalidInput, match="'password' is given twice") as refused:
        read_pairs(["password=hunter2", "password=hunter3"], "Credentials")
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_has_not_is_a_mistake(value: float) -> None:
    with pytest.raises(typer.BadParameter, match="no number"):
        finite(value)
    assert [finite(None), finite(1.5)] == [None, 1.5]
