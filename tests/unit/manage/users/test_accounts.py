"""Accounts: passwords prove who somebody is, and nothing else does."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from tests.support.accounts import PASSWORD, user_actor
from tests.support.actors import actor
from unshelf.contracts.errors import Forbidden, NotFound, Unauthenticated
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.manage.users.user import User
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")
NEW = "another fine secret"


def test_only_an_active_user_with_the_right_password_is_let_in(people: PeopleParts) -> None:
    assert people.accounts.prove("ada", PASSWORD, "10.0.0.1").name == "ada"
    people.users.invite(ADMIN, name="joan")
    people.users.deactivate(ADMIN, "grace")
    for name, password in (("ada", NEW), ("grace", PASSWORD), ("joan", PASSWORD), ("nobody", PASSWORD), ("ada", "")):
        with pytest.raises(Unauthenticated):
            people.accounts.prove(name, password, "10.0.0.1")


def test_an_unknown_name_takes_as_much_work_as_a_known_one(
    people: PeopleParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[bool] = []
    verify = people.accounts._passwords.verify
    monkeypatch.setattr(
        people.accounts._passwords,
        "verify",
        lambda given, hashed: (verified.append(hashed is None), verify(given, hashed))[1],
    )
    for name in ("ada", "nobody"):
        with pytest.raises(Unauthenticated):
            people.accounts.prove(name, NEW, "10.0.0.1")
    assert verified == [False, True]


def test_a_link_sets_one_password_also_when_it_is_used_twice_at_once(people: PeopleParts) -> None:
    _, link = people.users.make_link(ADMIN, "ada")

    def use(password: str) -> bool:
        try:
            people.accounts.set_by_link(link.secret, password)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        used = list(pool.map(use, [f"{NEW} {index}" for index in range(4)]))
    assert used.count(True) == 1
    people.accounts.prove("ada", f"{NEW} {used.index(True)}", "10.0.0.1")


def test_what_a_login_begins_is_there_with_the_login_or_not_at_all(people: PeopleParts) -> None:
    before = people.users.find("ada").last_login_at

    def begin(session: Session, user: User) -> str:
        _, token = people.sessions.open_in(session, user, method="password", address="", user_agent="")
        if user.name == "ada":
            raise KeyError(token)
        return token

    with pytest.raises(KeyError) as lost:
        people.accounts.log_in("ada", PASSWORD, "10.0.0.1", begin)
    assert people.sessions.authenticate(str(lost.value.args[0])) is None
    assert people.users.find("ada").last_login_at == before
    token = people.accounts.log_in("grace", PASSWORD, "10.0.0.1", begin)
    assert people.sessions.authenticate(token) is not None
    with pytest.raises(Unauthenticated):
        people.accounts.log_in("grace", NEW, "10.0.0.1", lambda _session, _user: pytest.fail("it began"))


def test_keys_have_no_password(people: PeopleParts) -> None:
    with pytest.raises(Forbidden):
        people.accounts.change_password(ADMIN, PASSWORD, NEW, "")


def test_a_password_is_changed_by_who_knows_it(people: PeopleParts) -> None:
    ada = people.users.find("ada")
    self = Actor(id=ada.id, kind="user", label=ada.label)
    with pytest.raises(Forbidden):
        people.accounts.change_password(self, NEW, NEW, "")
    people.accounts.change_password(self, PASSWORD, NEW, "")
    people.accounts.prove("ada", NEW, "")


def test_a_new_password_by_a_link_ends_tokens_and_one_s_own_change_does_so_when_asked(
    people: PeopleParts, database: Database
) -> None:
    def token() -> str:
        return people.tokens.create(user_actor(people, database, "ada"), name="t")[1]

    stolen = token()
    _, link = people.users.make_link(ADMIN, "ada")
    people.accounts.set_by_link(link.secret, NEW)
    assert people.tokens.authenticate(stolen) is None
    mine, self = token(), user_actor(people, database, "ada")
    people.accounts.change_password(self, NEW, PASSWORD, "")
    assert people.tokens.authenticate(mine) is not None
    people.accounts.change_password(self, PASSWORD, NEW, "", ends_tokens=True)
    assert people.tokens.authenticate(mine) is None
