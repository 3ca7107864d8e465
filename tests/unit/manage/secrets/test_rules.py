"""Rules for secrets: owners, names and sizes."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.variables import MAX_TOTAL_BYTES, MAX_VARIABLES
from unshelf.manage.secrets.rules import check_model, check_secret, check_size


def test_names_and_values_that_can_be_none_are_refused() -> None:
    check_model("iris")
    check_secret("KEY", "x")
    for name, value in (("PATH", "x"), ("no name", "x"), ("KEY", ""), ("KEY", "a\0b")):
        with pytest.raises(InvalidInput):
            check_secret(name, value)
    with pytest.raises(InvalidInput, match="one of its versions"):
        check_model("iris:3")


def test_too_many_and_too_much_are_refused() -> None:
    check_size({"KEY": "x"})
    with pytest.raises(InvalidInput, match="at most"):
        check_size({f"K{number}": "x" for number in range(MAX_VARIABLES + 1)})
    with pytest.raises(InvalidInput, match="together"):
        check_size({"KEY": "x" * MAX_TOTAL_BYTES})
