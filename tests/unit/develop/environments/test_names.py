"""Names of environments: whose they are, who may make one, and who finds it."""

import pytest

from tests.support.actors import actor, user
from tests.support.quotas import quotas_over
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.develop.environments.names import (
    NamedEnvironmentFiles,
    holder_of,
    named_sources,
    place_of,
    subject_of,
    take_name,
)
from unshelf.develop.environments.tables import EnvironmentRow, NamedEnvironmentRow, NamedVersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.quotas.accounts import INSTALLATION_ACCOUNT

ADMIN, ANA, BEN = actor(), user("ana", risk="contributor"), user("ben", fraud="contributor")


@pytest.fixture(autouse=True)
def projects(database: Database) -> None:
    with database.transaction() as session:
        for name in ("risk", "fraud"):
            session.add(
                ProjectRow(name=name, title="", description="", priority="normal", created_at=now(), created_by="ada")
            )


def place(
    database: Database, who: Actor, name: str, project: str | None = None, *, curated: bool = False
) -> str | None:
    with database.read() as session:
        return place_of(session, who, lambda _session, _user: (), name, project=project, curated=curated)


def take(database: Database, name: str, project: str | None) -> None:
    with database.transaction() as session:
        take_name(session, name, project, "ada")


def test_a_new_name_belongs_to_the_project_or_to_the_installation(database: Database) -> None:
    assert place(database, ANA, "own", "risk") == "risk"
    assert place(database, ADMIN, "base", curated=True) is None
    with pytest.raises(Forbidden):
        place(database, ANA, "base", curated=True)
    with pytest.raises(NotFound):
        place(database, ANA, "own", "fraud")
    with pytest.raises(InvalidInput):
        place(database, ADMIN, "base", "risk", curated=True)


def test_a_name_that_is_there_stays_where_it_is(database: Database) -> None:
    take(database, "own", "risk")
    assert place(database, ANA, "own") == "risk"
    with pytest.raises(Conflict, match="belongs to the project 'risk'"):
        place(database, ADMIN, "own", "fraud")
    with pytest.raises(Conflict, match="taken"):
        place(database, BEN, "own", "fraud")


def test_a_curated_name_is_seen_and_not_changed_by_projects(database: Database) -> None:
    take(database, "base", None)
    with pytest.raises(Forbidden):
        place(database, ANA, "base", "risk")


@pytest.mark.parametrize("name", ["", "Upper", "a/b", "names", "builds", "../x"])
def test_what_may_be_no_name_is_refused(database: Database, name: str) -> None:
    with pytest.raises(InvalidInput):
        place(database, ANA, name, "risk")


def test_a_name_is_found_unless_it_is_restricted_or_deleted(database: Database) -> None:
    for name, project in (("own", "risk"), ("base", None), ("secretive", None), ("gone", "risk")):
        take(database, name, project)
    of_projects, curated = named_sources()
    with database.transaction() as session:
        take_name(session, "secretive", None, "ada").restricted = True
        take_name(session, "gone", "risk", "ada").deleted_at = now()
    with database.read() as session:
        names = ["own", "base", "secretive", "gone"]
        assert list(session.scalars(of_projects.names)) == ["own"]
        assert [each.subject for each in curated.documents(session, names)] == [subject_of("base", None)]


def test_a_version_holds_its_environment_by_a_name_that_no_model_can_have() -> None:
    assert holder_of("own", 3) == "environment/own:3"


def test_what_a_project_has_names_for_counts_to_it_once(database: Database) -> None:
    with database.transaction() as session:
        for hash, size in (("e1", 100), ("e2", 30)):
            session.add(EnvironmentRow(hash=hash, lock="", python="3.12", packages=0, bytes=size, created_at=now()))
        for name, project in (("credit", "risk"), ("science", None), ("gone", "risk")):
            session.add(
                NamedEnvironmentRow(
                    name=name, project=project, notes="", is_default=False, restricted=False, last_version=2, created_at=now(),
                    created_by="ana", deleted_at=now() if name == "gone" else None,
                )
            )  # fmt: skip
        session.flush()
        for name, number, hash in (("credit", 1, "e1"), ("credit", 2, "e1"), ("science", 1, "e2"), ("gone", 1, "e2")):
            session.add(
                NamedVersionRow(
                    name=name, number=number, environment=hash, origin={}, notes="", created_at=now(), created_by="ana"
                )
            )
    quotas = quotas_over(database)
    quotas.add_disk(NamedEnvironmentFiles())
    with database.read() as session:
        assert quotas.disk_of_project(session, "risk") == 100
        assert quotas.disk_of_project(session, "other") == 0
        (mine,) = NamedEnvironmentFiles().files(INSTALLATION_ACCOUNT)
        assert {tuple(row) for row in session.execute(mine)} == {("e1", 100), ("e2", 30)}
