"""Projects without another owner are what a user leaves behind."""

from datetime import timedelta

import pytest

from tests.support.actors import actor
from unshelf.contracts.errors import Conflict
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


def left(people: PeopleParts, name: str) -> list[str]:
    return [each.name for each in people.users.belongings(name) if each.kind == "project"]


def owns(people: PeopleParts, name: str, project: str) -> None:
    user = people.users.find(name)
    people.access.grant(ADMIN, holder_kind="user", holder=user.id, role="owner", scope=project_scope(project))


def test_a_project_with_another_owner_is_not_left_behind(people: PeopleParts, database: Database) -> None:
    owns(people, "ada", "risk")
    owns(people, "ada", "fraud")
    assert left(people, "ada") == ["fraud", "risk"]
    owns(people, "grace", "risk")
    assert left(people, "ada") == ["fraud"]
    people.users.deactivate(ADMIN, "grace", leave=True)
    assert left(people, "ada") == ["fraud", "risk"]  # an owner who is gone is none


def test_the_heir_owns_what_is_handed_over(people: PeopleParts) -> None:
    owns(people, "ada", "risk")
    people.users.deactivate(ADMIN, "ada", heir="grace")
    assert left(people, "grace") == ["risk"]


def owned_by_team(people: PeopleParts) -> str:
    """A project that only a group owns, which has nobody in it yet; the group's id."""
    group = people.groups.create(ADMIN, name="team")
    people.access.grant(ADMIN, holder_kind="group", holder=group.id, role="owner", scope=project_scope("risk"))
    return group.id


def test_a_group_owns_as_long_as_somebody_active_is_in_it(people: PeopleParts) -> None:
    owned_by_team(people)
    owns(people, "ada", "risk")
    assert left(people, "ada") == ["risk"]  # a group without anybody is no owner
    people.groups.add_member(ADMIN, "team", "grace")
    assert left(people, "ada") == []
    people.users.deactivate(ADMIN, "grace", leave=True)
    assert left(people, "ada") == ["risk"]


def test_the_last_member_of_an_owning_group_leaves_its_projects_behind(people: PeopleParts) -> None:
    owned_by_team(people)
    for name in ("ada", "grace"):
        people.groups.add_member(ADMIN, "team", name)
    assert left(people, "ada") == []
    people.groups.remove_member(ADMIN, "team", "grace")
    assert left(people, "ada") == ["risk"]
    with pytest.raises(Conflict, match="last owner"):
        people.groups.remove_member(ADMIN, "team", "ada")
    with pytest.raises(Conflict, match="last owner"):
        people.groups.remove(ADMIN, "team")
    assert [each.name for each in people.groups.find("team")[1]] == ["ada"]
    people.users.deactivate(ADMIN, "ada", heir="grace")
    assert left(people, "grace") == ["risk"]
    people.groups.remove(ADMIN, "team")


def test_who_is_gone_and_who_is_nobody_are_no_other_owner(people: PeopleParts) -> None:
    ada, grace = people.users.find("ada").id, people.users.find("grace").id
    risk = project_scope("risk")
    mine = people.access.grant(ADMIN, holder_kind="user", holder=ada, role="owner", scope=risk)
    people.access.grant(ADMIN, holder_kind="user", holder=grace, role="owner", scope=risk)
    owned_by_team(people)
    people.users.deactivate(ADMIN, "grace", leave=True)
    with pytest.raises(Conflict, match="last owner"):
        people.access.revoke(ADMIN, mine.id)
    later = now() + timedelta(days=1)
    with pytest.raises(Conflict, match="last owner"):
        people.access.grant(ADMIN, holder_kind="user", holder=ada, role="owner", scope=risk, expires_at=later)
    people.groups.add_member(ADMIN, "team", "ada")
    people.access.revoke(ADMIN, mine.id)
