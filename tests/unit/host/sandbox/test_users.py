"""Users for sandboxed programs: each has one of its own."""

import os

import pytest

from unshelf.host.errors import HostFailure
from unshelf.host.sandbox.users import Users, users_in_use


def test_each_program_has_a_user_and_the_one_returned_last_is_lent_last() -> None:
    users = Users(range(10, 14), taken=[11])
    assert [users.take(), users.take()] == [10, 12]
    users.give_back(10)
    assert [users.take(), users.take()] == [13, 10]


def test_when_all_are_lent_the_failure_says_what_to_do() -> None:
    users = Users(range(10, 11))
    users.take()
    with pytest.raises(HostFailure) as failure:
        users.take()
    assert failure.value.code == "unavailable"
    assert "UNSHELF_SANDBOX_USERS" in failure.value.hint


def test_users_that_programs_of_this_machine_run_as_are_seen() -> None:
    own = os.getuid()
    assert users_in_use(range(own, own + 1)) == {own}
    assert users_in_use(range(0x7001_0000, 0x7001_0001)) == set()
