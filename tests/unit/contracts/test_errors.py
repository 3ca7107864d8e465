"""Each error says in the product's language what happened, and has a place in the list of codes."""

import pytest

from unshelf.contracts import errors
from unshelf.contracts.errors import Conflict, InvalidInput, Unavailable, UnshelfError
from unshelf.contracts.problems import CODES, InputError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UnshelfError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_known_code_and_a_docstring(kind: type[UnshelfError]) -> None:
    assert kind.code in CODES
    assert kind.__doc__


def test_the_docstring_is_the_default_message() -> None:
    assert Conflict().detail == "The present state does not allow that."
    assert str(Conflict("Taken.", hint="Choose another.")) == "Taken.\nChoose another."


def test_faults_of_an_input_are_shown_as_sentences_in_the_sdk_and_in_control() -> None:
    as_fields = InvalidInput(
        "Wrong rows.", errors=[{"row": 3, "column": "age", "expected": "an integer", "got": '"five"'}]
    )
    as_struct = InvalidInput(
        "Wrong rows.", errors=[InputError(row=3, column="age", expected="an integer", got='"five"')]
    )
    assert (
        str(as_fields) == str(as_struct) == """Wrong rows.\n  row 3, column 'age': expected an integer, got "five\""""
    )


def test_what_is_unavailable_says_when_to_come_back() -> None:
    assert Unavailable(retry_after=3).retry_after == 3
