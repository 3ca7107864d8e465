"""References to environments: what each leads to, and for whom."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.actors import actor, user
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.develop.environments.environment import RequiredEnvironment
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.environments.tables import EnvironmentRightRow, NamedEnvironmentRow, NamedVersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database

LOCK = '[[packages]]\nname = "six"\nversion = "1.17.0"\n'
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD = {"note": "It has a fault.", "successor": "base:4", "at": NOW.isoformat(), "by": "ada"}
GROUPS = {"ben": ["g1"]}


@pytest.fixture
def environments(database: Database) -> EnvironmentService:
    return EnvironmentService(database, groups_of=lambda _session, user_id: GROUPS.get(user_id, []))


def name(database: Database, name: str, *hashes: str, project: str | None = None, **facts: Any) -> None:
    """Make a named environment with one version of each of these hashes."""
    row = NamedEnvironmentRow(
        name=name, project=project, created_at=NOW, created_by="ada",
        **{"notes": "", "is_default": False, "restricted": False, "last_version": len(hashes), **facts},
    )  # fmt: skip
    with database.transaction() as session:
        session.add(row)
        for number, hash in enumerate(hashes, 1):
            EnvironmentService(database).remember(session, hash, lock=LOCK, python="3.11.7")
            session.add(
                NamedVersionRow(
                    name=name, number=number, environment=hash, origin={}, notes="", created_at=NOW, created_by="ada"
                )
            )


def deprecate(database: Database, name: str, number: int) -> None:
    with database.transaction() as session:
        session.get_one(NamedVersionRow, (name, number)).deprecation = OLD


def required(
    database: Database, environments: EnvironmentService, who: Actor, reference: str | None, project: str = "risk"
) -> RequiredEnvironment:
    with database.read() as session:
        return environments.require(session, who, reference, project)


A, B, C = "a" * 64, "ab" * 32, "c" * 64


def test_a_name_leads_to_its_latest_version_that_is_not_deprecated(
    database: Database, environments: EnvironmentService
) -> None:
    name(database, "base", A, B, C)
    deprecate(database, "base", 3)
    found = required(database, environments, user("ana", risk="viewer"), "base")
    assert (found.hash, found.reference, found.python, found.lock, found.warning) == (B, "base:2", "3.11.7", LOCK, "")
    assert required(database, environments, user("ana", risk="viewer"), "base:1").hash == A


def test_a_deprecated_version_can_be_used_with_a_warning(database: Database, environments: EnvironmentService) -> None:
    name(database, "base", A)
    deprecate(database, "base", 1)
    found = required(database, environments, user("ana", risk="viewer"), "base")
    assert found.hash == A
    assert found.warning == "The environment base:1 is deprecated: It has a fault. Use base:4 instead."


def test_a_hash_may_be_shortened_as_long_as_it_is_the_only_one(
    database: Database, environments: EnvironmentService
) -> None:
    name(database, "base", A, B, "abababab" + "0" * 56)
    who = user("ana", risk="viewer")
    found = required(database, environments, who, "a" * 8)
    assert (found.hash, found.reference) == (A, "")
    with pytest.raises(InvalidInput, match="More than one"):
        required(database, environments, who, "abababab")


def test_without_a_reference_the_default_one_is_taken(database: Database, environments: EnvironmentService) -> None:
    name(database, "other", B)
    with pytest.raises(InvalidInput, match="no default"):
        required(database, environments, user("ana", risk="viewer"), None)
    name(database, "base", A, is_default=True)
    assert required(database, environments, user("ana", risk="viewer"), None).reference == "base:1"


@pytest.mark.parametrize("reference", ["base", "base:1", A, A[:12]])
def test_environments_of_other_projects_are_not_found(
    database: Database, environments: EnvironmentService, reference: str
) -> None:
    name(database, "base", A, project="fraud")
    with pytest.raises(NotFound, match="There is no environment"):
        required(database, environments, user("ana", risk="contributor"), reference)
    assert required(database, environments, user("cem", fraud="viewer"), reference).hash == A


def test_a_restricted_one_is_for_the_groups_and_projects_that_have_a_right(
    database: Database, environments: EnvironmentService
) -> None:
    name(database, "base", A, restricted=True)
    with database.transaction() as session:
        session.add(EnvironmentRightRow(name="base", holder_kind="group", holder="g1"))
        session.add(EnvironmentRightRow(name="base", holder_kind="project", holder="fraud"))
    assert required(database, environments, user("ben", risk="viewer"), "base").hash == A
    assert required(database, environments, user("cem", fraud="viewer"), "base", "fraud").hash == A
    assert required(database, environments, actor("admin"), "base").hash == A
    with pytest.raises(Forbidden, match="restricted"):
        required(database, environments, user("cem", fraud="viewer", risk="viewer"), "base")
    assert environments.chosen_by(user("cem", fraud="viewer"), "base:1", project="fraud") == (LOCK, "3.11.7")
    with pytest.raises(Forbidden, match="restricted"):
        environments.chosen_by(user("cem", fraud="viewer", risk="viewer"), "base:1", project="risk")
    with pytest.raises(NotFound):
        required(database, environments, user("ana", risk="contributor"), "base")


@pytest.mark.parametrize("reference", ["base:9", "nothing", "base@live", "../etc", "f" * 64])
def test_what_leads_nowhere_is_refused(database: Database, environments: EnvironmentService, reference: str) -> None:
    name(database, "base", A)
    with pytest.raises((NotFound, InvalidInput)):
        required(database, environments, user("ana", risk="viewer"), reference)
