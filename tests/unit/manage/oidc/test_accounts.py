"""Who gets in, as whom, and with what."""

from typing import Any

import pytest

from tests.support.actors import actor
from tests.support.oidc import ISSUER, oidc_options
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.roles import Roles
from unshelf.manage.oidc.accounts import ProviderAccounts
from unshelf.manage.oidc.claims import Person
from unshelf.manage.oidc.rights import ProviderGroups
from unshelf.manage.users.user import User
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")
TABLE = {"risk": ["group:risk-team", "role:viewer"], "platform": ["role:administrator"]}


def accounts_of(people: PeopleParts, **options: Any) -> ProviderAccounts:
    return ProviderAccounts(
        oidc_options(**options),
        ProviderGroups(TABLE, Roles()),
        users=people.users,
        members=people.groups,
        access=people.access,
    )


def zoe(*groups: str, **more: Any) -> Person:
    usual = {"subject": "42", "name": "zoe", "email": "zoe@example.org", "full_name": "Zoe", "is_email_verified": True}
    return Person(**{**usual, "groups": groups, **more})


def enter(people: PeopleParts, database: Database, person: Person, **options: Any) -> User:
    with database.transaction() as session:
        return accounts_of(people, **options).enter(session, person)


def roles(people: PeopleParts, user: User) -> list[tuple[str, str]]:
    return sorted((role.role, role.source) for role in people.access.granted_to("user", user.id))


def test_the_first_login_makes_an_account_and_each_gives_what_the_groups_give(
    people: PeopleParts, database: Database
) -> None:
    user = enter(people, database, zoe("risk"), sign_up="groups")
    assert (user.name, user.email, user.status, user.issuer) == ("zoe", "zoe@example.org", "active", ISSUER)
    assert user.last_login_at is not None
    assert roles(people, user) == [("viewer", "provider")]
    assert [group.name for group in people.groups.groups_of(user.id)] == ["risk-team"]
    again = enter(
        people, database, zoe("platform", email="z@example.org", name="other", full_name="Z"), sign_up="groups"
    )
    assert (again.id, again.name, again.email, again.full_name) == (user.id, "zoe", "z@example.org", "Z")
    assert roles(people, user) == [("administrator", "provider")]
    assert people.groups.groups_of(user.id) == []
    enter(people, database, zoe(), sign_up="nobody")
    assert roles(people, user) == []


def test_what_was_given_here_stays(people: PeopleParts, database: Database) -> None:
    user = enter(people, database, zoe("risk"))
    people.access.grant(ADMIN, holder_kind="user", holder=user.id, role="viewer", scope=INSTALLATION)
    people.groups.add_member(ADMIN, "risk-team", "zoe")
    assert roles(people, user) == [("viewer", "local"), ("viewer", "provider")]
    with pytest.raises(Conflict, match="identity provider"):
        people.groups.remove_member(ADMIN, "risk-team", "zoe")
    (provided,) = [role for role in people.access.granted_to("user", user.id) if role.source == "provider"]
    with pytest.raises(Conflict, match="identity provider"):
        people.access.revoke(ADMIN, provided.id)
    enter(people, database, zoe())
    assert roles(people, user) == [("viewer", "local")]
    assert [group.name for group in people.groups.groups_of(user.id)] == ["risk-team"]
    people.groups.remove_member(ADMIN, "risk-team", "zoe")
    assert people.groups.groups_of(user.id) == []


def test_a_login_that_changes_nothing_writes_no_events(people: PeopleParts, database: Database) -> None:
    enter(people, database, zoe("risk"))
    before = len(people.users._events.newest(limit=1000).items)
    enter(people, database, zoe("risk"))
    assert len(people.users._events.newest(limit=1000).items) == before


@pytest.mark.parametrize(("sign_up", "groups", "may"), [
    ("everybody", (), True), ("groups", ("risk",), True), ("groups", ("other",), False), ("groups", (), False),
    ("nobody", ("risk",), False),
])  # fmt: skip
def test_who_gets_an_account(
    people: PeopleParts, database: Database, sign_up: str, groups: tuple[str, ...], may: bool
) -> None:
    if may:
        assert enter(people, database, zoe(*groups), sign_up=sign_up).name == "zoe"
        return
    with pytest.raises(Forbidden, match="no account"):
        enter(people, database, zoe(*groups), sign_up=sign_up)


def test_nobody_gets_the_account_of_somebody_with_the_same_name_or_address(
    people: PeopleParts, database: Database
) -> None:
    people.users.change(ADMIN, "ada", email="zoe@example.org", full_name=None)
    user = enter(people, database, zoe())
    assert user.id != people.users.find("ada").id
    with pytest.raises(Conflict, match="already") as caught:
        enter(people, database, zoe(subject="43", name="ada"))
    assert "unshelf users link ada 43" in caught.value.hint
    people.users.link(ADMIN, "ada", issuer=ISSUER, subject="43")
    assert enter(people, database, zoe(subject="43", name="other")).name == "ada"


def test_linking_ends_passwords_and_sessions_and_takes_a_subject_once(people: PeopleParts, database: Database) -> None:
    _, token = people.sessions.open_for(people.users.find("ada"), method="password", address="", user_agent="")
    assert people.users.link(ADMIN, "ada", issuer=ISSUER, subject="43").issuer == ISSUER
    assert people.sessions.authenticate(token) is None
    with pytest.raises(Conflict, match="ada has this subject"):
        people.users.link(ADMIN, "grace", issuer=ISSUER, subject="43")
    people.access.grant(
        ADMIN, holder_kind="user", holder=people.users.find("grace").id, role="administrator", scope=INSTALLATION
    )  # fmt: skip
    with pytest.raises(Forbidden):  # who has the subject has the account
        people.users.link(actor("deploy"), "grace", issuer=ISSUER, subject="44")
    people.users.deactivate(ADMIN, "ada")
    with pytest.raises(Conflict, match="deactivated"):
        people.users.link(ADMIN, "ada", issuer=ISSUER, subject="45")


def test_who_is_deactivated_stays_out(people: PeopleParts, database: Database) -> None:
    enter(people, database, zoe())
    people.users.deactivate(ADMIN, "zoe")
    with pytest.raises(Forbidden, match="deactivated"):
        enter(people, database, zoe("platform"))


@pytest.mark.parametrize(
    "more", [{"email": "zoe@evil.org"}, {"is_email_verified": False}, {"email": "", "is_email_verified": True}]
)
def test_addresses_are_of_a_domain_where_the_operator_says_so(
    people: PeopleParts, database: Database, more: dict[str, Any]
) -> None:
    domains = {"email_domains": ["Example.org"]}
    assert enter(people, database, zoe(), **domains).name == "zoe"
    with pytest.raises(Forbidden, match="e-mail"):
        enter(people, database, zoe(**more), **domains)


def test_a_name_that_can_not_be_is_refused(people: PeopleParts, database: Database) -> None:
    with pytest.raises(Forbidden, match="login name"):
        enter(people, database, zoe(name=""))
    with pytest.raises(InvalidInput):
        enter(people, database, zoe(name="admin"))
