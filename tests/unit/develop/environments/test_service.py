"""Environments: who holds which, which may go, and what an actor may see of them."""

import pytest

from tests.support.actors import actor
from unshelf.contracts.errors import NotFound
from unshelf.develop.environments.pylock import LockedPackage
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.database.engine import Database

LOCK = '[[packages]]\nname = "torch"\nversion = "2.1"\n[[packages]]\nname = "numpy"\nversion = "2.0"\n'
E1 = "e1" * 32


def hold(database: Database, environments: EnvironmentService, **holders: list[str]) -> None:
    """Environments by their holders."""
    for hash, of_this in holders.items():
        with database.transaction() as session:
            environments.remember(session, hash, lock=LOCK, python="3.11.7")
            for holder in of_this:
                environments.hold(session, hash, holder)


def test_an_environment_is_unused_without_its_last_holder(database: Database, environments: EnvironmentService) -> None:
    hold(database, environments, e1=["iris:1", "iris:2"], e2=["wine:1"], e3=[])
    with database.transaction() as session:
        assert environments.unused(session) == ["e3"]
        environments.let_go(session, ["iris:1", "wine:1", "nothing"])
        assert sorted(environments.unused(session)) == ["e2", "e3"]
        environments.drop(session, ["e2", "e3"])
        assert environments.known(session, ["e1", "e2", "e3", "e4"]) == {"e1"}


def test_an_environment_is_remembered_once(database: Database, environments: EnvironmentService) -> None:
    hold(database, environments, e1=["iris:1"])
    with database.transaction() as session:
        environments.remember(session, "e1", lock="", python="3.12.0")
        assert environments.packages(session, "e1") == [LockedPackage("numpy", "2.0"), LockedPackage("torch", "2.1")]


def test_environments_are_listed_newest_first_by_page(database: Database, environments: EnvironmentService) -> None:
    hold(database, environments, e1=["iris:2", "iris:1"], e2=[], e3=["wine:1"])
    first = environments.list_for(actor(), limit=2)
    rest = environments.list_for(actor(), limit=2, cursor=first.next_cursor)
    assert [(one.hash, one.versions, one.packages) for one in (*first.items, *rest.items)] == [
        ("e3", ["wine:1"], 2),
        ("e2", [], 2),
        ("e1", ["iris:1", "iris:2"], 2),
    ]
    assert rest.next_cursor is None


def test_an_actor_sees_environments_of_its_models_with_its_versions_alone(
    database: Database, environments: EnvironmentService
) -> None:
    hold(database, environments, **{E1: ["iris:1", "iris-2:1", "wine:1"]}, e2=["wine:2"], e3=[])
    iris = actor("deploy", ["iris"])
    assert [(one.hash, one.versions) for one in environments.list_for(iris, limit=9).items] == [(E1, ["iris:1"])]
    assert environments.lock_for(iris, E1) == LOCK


@pytest.mark.parametrize(("models", "hash"), [(None, "nothing"), (["iris"], E1), (["iris"], "nothing")])
def test_a_lock_that_is_not_there_or_of_others_is_not_found(
    database: Database, environments: EnvironmentService, models: list[str] | None, hash: str
) -> None:
    hold(database, environments, **{E1: ["wine:1"]})
    with pytest.raises(NotFound, match=hash):
        environments.lock_for(actor("deploy", models), hash)
