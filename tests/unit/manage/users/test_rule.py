"""A manager of users makes nobody's rights their own: accounts and groups that may do more are out of reach."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.contracts.errors import Forbidden
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.tables import GrantRow
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")
MANAGES_USERS = Grant(permissions=frozenset({Permission.USERS_MANAGE}), scope=INSTALLATION)
HELPDESK = Actor(id="u9", kind="user", label="helpdesk (u9)", grants=(MANAGES_USERS,))

Act = Callable[[PeopleParts, Actor], object]
ON_A_GROUP: dict[str, Act] = {
    "add": lambda people, by: people.groups.add_member(by, "rulers", "grace"),
    "take out": lambda people, by: people.groups.remove_member(by, "rulers", "ada"),
    "remove": lambda people, by: people.groups.remove(by, "rulers"),
}
ON_AN_ACCOUNT: dict[str, Act] = {
    "link": lambda people, by: people.users.make_link(by, "ada"),
    "change": lambda people, by: people.users.change(by, "ada", email="me@example.com", full_name=None),
    "deactivate": lambda people, by: people.users.deactivate(by, "ada"),
}


@pytest.fixture
def rulers(people: PeopleParts, database: Database) -> PeopleParts:
    """A group of administrators, in which Ada is."""
    people.groups.create(ADMIN, name="rulers")
    people.groups.add_member(ADMIN, "rulers", "ada")
    group, _ = people.groups.find("rulers")
    people.access.grant(ADMIN, holder_kind="group", holder=group.id, role="administrator", scope=INSTALLATION)
    return people


@pytest.mark.parametrize("act", [*ON_A_GROUP.values(), *ON_AN_ACCOUNT.values()], ids=[*ON_A_GROUP, *ON_AN_ACCOUNT])
def test_what_may_do_more_than_its_manager_stays_as_it_is(rulers: PeopleParts, act: Act) -> None:
    before = (rulers.users.find("ada"), rulers.groups.find("rulers"))
    with pytest.raises(Forbidden, match="administrator"):
        act(rulers, HELPDESK)
    assert (rulers.users.find("ada"), rulers.groups.find("rulers")) == before


@pytest.mark.parametrize("act", [*ON_A_GROUP.values(), *ON_AN_ACCOUNT.values()], ids=[*ON_A_GROUP, *ON_AN_ACCOUNT])
def test_who_may_do_as_much_manages_it(rulers: PeopleParts, act: Act) -> None:
    act(rulers, ADMIN)


@pytest.mark.parametrize("act", ON_AN_ACCOUNT.values(), ids=ON_AN_ACCOUNT)
def test_an_account_without_roles_is_managed_by_every_manager_of_users(people: PeopleParts, act: Act) -> None:
    act(people, HELPDESK)


def test_a_deactivated_account_is_let_in_again_only_by_who_may_do_as_much(rulers: PeopleParts) -> None:
    rulers.users.deactivate(ADMIN, "ada")
    with pytest.raises(Forbidden):
        rulers.users.activate(HELPDESK, "ada")
    assert rulers.users.find("ada").status == "deactivated"
    rulers.users.activate(ADMIN, "ada")


def test_a_bounded_token_makes_no_link_to_its_owner_s_account(rulers: PeopleParts, database: Database) -> None:
    ada = user_actor(rulers, database, "ada")
    bounded = Actor(id=ada.id, kind="user", label=ada.label, grants=ada.grants, bounds=ada.grants, credential="t1")
    with pytest.raises(Forbidden, match="owner's account"):
        rulers.users.make_link(bounded, "ada")
    narrow = Actor(id=ada.id, kind="user", label=ada.label, grants=ada.grants, bounds=(MANAGES_USERS,))
    rulers.groups.add_member(ADMIN, "rulers", "grace")
    with pytest.raises(Forbidden, match="administrator"):
        rulers.users.make_link(narrow, "grace")


def test_a_role_that_is_not_defined_any_more_stands_in_nobody_s_way(people: PeopleParts, database: Database) -> None:
    ada = people.users.find("ada")
    granted = people.access.grant(ADMIN, holder_kind="user", holder=ada.id, role="viewer", scope=INSTALLATION)
    with database.transaction() as session:
        session.execute(update(GrantRow).values(role="forgotten"))
    people.users.make_link(HELPDESK, "ada")
    people.access.revoke(ADMIN, granted.id)
    assert people.access.granted_to("user", ada.id) == []
