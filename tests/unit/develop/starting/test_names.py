"""Names of schedules and triggers."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.develop.starting.names import check_name


@pytest.mark.parametrize("name", ["a", "nightly", "On new data 2", "x" * 100, "a.b_c-d"])
def test_letters_digits_and_a_few_signs_make_a_name(name: str) -> None:
    check_name("schedule", name)


@pytest.mark.parametrize("name", ["", " a", "a ", "-a", "a\nb", "é", "x" * 101])
def test_what_is_no_name_is_refused_with_the_thing_it_is_for(name: str) -> None:
    with pytest.raises(InvalidInput, match="no name of a trigger"):
        check_name("trigger", name)
