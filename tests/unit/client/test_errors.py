"""Problems of the API become exceptions."""

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput, UnshelfError


def test_a_problem_becomes_the_exception_of_its_code(control: Control, client: Client) -> None:
    faults = [{"row": 3, "column": "age", "expected": "int64", "got": '"five"'}]
    control.problem(
        "POST", "/models/iris/predict", 422, "invalid_input", "Does not fit.", hint="Mend it.", errors=faults, id="p1"
    )
    with pytest.raises(InvalidInput) as caught:
        client.predict("iris", [{"age": "five"}])
    assert (caught.value.hint, caught.value.errors, caught.value.id) == ("Mend it.", faults, "p1")
    assert str(caught.value) == "Does not fit.\n  row 3, column 'age': expected int64, got \"five\"\nMend it."


def test_an_error_that_is_no_problem_still_says_what_came(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/models", "<h1>teapot</h1>", 418)
    with pytest.raises(UnshelfError, match="418"):
        client.models()
