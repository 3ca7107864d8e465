"""Inputs are written as references, with a name where they have none of their own."""

import pytest

from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.inputs import input_of


@pytest.mark.parametrize(
    ("text", "variable", "reference"),
    [
        ("data://daily-orders@3", "UNSHELF_DATA_DAILY_ORDERS", "data://daily-orders@3"),
        ("rows=data://orders", "UNSHELF_DATA_ROWS", "data://orders"),
        ("UNSHELF_DATA_ROWS=data://orders", "UNSHELF_DATA_ROWS", "data://orders"),
        ("model=job://01abc/value/model", "UNSHELF_DATA_MODEL", "job://01abc/value/model"),
    ],
)
def test_an_input_has_a_variable(text: str, variable: str, reference: str) -> None:
    assert input_of(text) == {"reference": reference, "variable": variable}


def test_what_a_job_left_needs_a_name() -> None:
    with pytest.raises(UnshelfError, match="needs a name"):
        input_of("job://01abc/value")
