"""Groups: their names, their members, and who hears of a change."""

from datetime import timedelta

import pytest

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


def test_a_group_has_the_members_that_were_put_into_it(people: PeopleParts) -> None:
    people.groups.create(ADMIN, name="team", description="All of us.")
    for name in ("grace", "ada", "ada"):
        people.groups.add_member(ADMIN, "team", name)
    group, members = people.groups.find("team")
    assert (group.description, [each.name for each in members]) == ("All of us.", ["ada", "grace"])
    for _ in range(2):
        people.groups.remove_member(ADMIN, "team", "ada")
    assert [each.name for each in people.groups.find("team")[1]] == ["grace"]
    assert [each.name for each in people.groups.groups_of(people.users.find("grace").id)] == ["team"]


def test_each_change_of_members_is_heard_of_once(people: PeopleParts) -> None:
    heard: list[str] = []
    people.groups.on_member(lambda _session, user_id: heard.append(user_id))
    ada, grace = people.users.find("ada").id, people.users.find("grace").id
    people.groups.create(ADMIN, name="team")
    for name in ("ada", "ada", "grace"):
        people.groups.add_member(ADMIN, "team", name)
    people.groups.remove_member(ADMIN, "team", "ada")
    people.groups.remove_member(ADMIN, "team", "ada")
    people.groups.remove(ADMIN, "team")
    assert heard == [ada, grace, ada, grace]


def test_a_removed_group_is_gone_and_its_name_free(people: PeopleParts) -> None:
    people.groups.create(ADMIN, name="team")
    with pytest.raises(Conflict):
        people.groups.create(ADMIN, name="team")
    people.groups.remove(ADMIN, "team")
    with pytest.raises(NotFound):
        people.groups.find("team")
    people.groups.create(ADMIN, name="team")
    assert [each.name for each in people.groups.list_for(limit=10).items] == ["team"]


@pytest.mark.parametrize("name", ["", "Team", "a b", "x" * 65])
def test_a_name_that_can_not_be_is_refused(people: PeopleParts, name: str) -> None:
    with pytest.raises(InvalidInput):
        people.groups.create(ADMIN, name=name)


def test_who_is_administrator_for_a_time_puts_nobody_among_those_who_are_for_good(
    people: PeopleParts, database: Database
) -> None:
    for name in ("root", "team"):
        people.groups.create(ADMIN, name=name)
    group = people.groups.find("root")[0].id
    people.access.grant(ADMIN, holder_kind="group", holder=group, role="administrator", scope=INSTALLATION)
    grace = people.users.find("grace").id
    people.access.grant(
        ADMIN, holder_kind="user", holder=grace, role="administrator", scope=INSTALLATION, expires_at=now() + timedelta(hours=1)
    )  # fmt: skip
    acting = user_actor(people, database, "grace")
    people.groups.add_member(acting, "team", "grace")
    with pytest.raises(Forbidden, match="last longer"):
        people.groups.add_member(acting, "root", "grace")
