"""Environments by any reference: packages, names, users, differences."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from tests.support.actors import actor, user
from unshelf.develop.environments.details import EnvironmentDetails
from unshelf.develop.environments.names import take_name
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.environments.tables import NamedVersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.uses.environment_uses import EnvironmentUse

OLD, NEW = "a" * 64, "b" * 64
NO_HOST: Any = None


class Jobs:
    """Another capability whose things run in environments."""

    def of_environments(
        self, _session: Session, _actor: Actor, hashes: Sequence[str], *, most: int
    ) -> list[EnvironmentUse]:
        return [EnvironmentUse(environment=hashes[0], kind="job", name="j1", page="/jobs/j1")][:most]


def lock(**versions: str) -> str:
    return "".join(f'[[packages]]\nname = "{name}"\nversion = "{version}"\n' for name, version in versions.items())


def details(database: Database, environments: EnvironmentService) -> EnvironmentDetails:
    with database.transaction() as session:
        environments.remember(session, OLD, lock=lock(numpy="1.26", six="1.17", attrs="25"), python="3.11.7", bytes=7)
        environments.remember(session, NEW, lock=lock(numpy="2.0", six="1.17", pandas="3.0"), python="3.12.1")
        for holder in ("iris:1", "wine:1", "environment/base:1", "job/j1"):
            environments.hold(session, OLD, holder)
        take_name(session, "base", None, "ada")
        session.add(
            NamedVersionRow(
                name="base", number=1, environment=OLD, origin={}, notes="", created_at=now(), created_by="ada"
            )
        )
    return EnvironmentDetails(database, environments, NO_HOST)


def test_an_environment_says_who_uses_it_of_all_capabilities(
    database: Database, environments: EnvironmentService
) -> None:
    shown = details(database, environments)
    shown.add_uses(Jobs())
    found = shown.show(actor(), "base")
    assert [(use.kind, use.name) for use in found.used_by] == [
        ("version", "iris:1"),
        ("version", "wine:1"),
        ("job", "j1"),
    ]
    assert (found.names, found.bytes, found.hash, found.reference) == (["base:1"], 7, OLD, "base:1")
    assert [each.name for each in found.packages] == ["attrs", "numpy", "six"]


def test_users_that_the_actor_may_not_see_are_left_out(database: Database, environments: EnvironmentService) -> None:
    found = details(database, environments).show(actor("deploy", ["iris"]), OLD)
    assert [use.name for use in found.used_by] == ["iris:1"]
    assert details_of_nobody(database, environments) == []


def details_of_nobody(database: Database, environments: EnvironmentService) -> list[str]:
    shown = EnvironmentDetails(database, environments, NO_HOST)
    return [use.name for use in shown.show(user("ana", risk="viewer"), "base").used_by]


def test_two_environments_are_compared(database: Database, environments: EnvironmentService) -> None:
    found = details(database, environments).diff(actor(), "base", NEW)
    assert [(each.name, each.version) for each in found.added] == [("pandas", "3.0")]
    assert [(each.name, each.version) for each in found.removed] == [("attrs", "25")]
    assert [(each.name, each.before, each.after) for each in found.changed] == [("numpy", "1.26", "2.0")]
    assert (found.unchanged, found.python_before, found.python_after) == (1, "3.11.7", "3.12.1")
