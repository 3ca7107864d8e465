"""Locks from the database for a host that lost them."""

from typing import Any

import pytest

from unshelf.contracts.errors import Unavailable
from unshelf.develop.environments.lost_locks import LockRecovery
from unshelf.develop.environments.tables import EnvironmentRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database


class StandInHost:
    """A host that lacks locks, and keeps what it is given."""

    def __init__(self, lost: list[str] | None) -> None:
        self.lost = lost
        self.given: list[tuple[str, str, str]] = []

    def lost_locks(self) -> list[str]:
        if self.lost is None:
            raise Unavailable("The host does not answer.")
        return self.lost

    def give_lock(self, environment: str, lock: str, python: str) -> None:
        self.given.append((environment, lock, python))


@pytest.mark.parametrize(
    ("lost", "given"), [(None, []), ([], []), (["a" * 64, "b" * 64], [("a" * 64, "the lock", "3.11.7")])]
)
def test_the_locks_that_the_database_has_are_given(database: Database, lost: list[str] | None, given: Any) -> None:
    with database.transaction() as session:
        session.add(EnvironmentRow(hash="a" * 64, lock="the lock", python="3.11.7", packages=0, created_at=now()))
    host: Any = StandInHost(lost)
    LockRecovery(database, host).look()
    assert host.given == given
