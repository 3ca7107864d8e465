"""Users: who may be invited under which name, and what ends when they leave."""

import pytest
from sqlalchemy.orm import Session

from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


class Notes:
    """Belongings of a kind that a test knows: each user has one note."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def belongings_of(self, _session: Session, user: User) -> list[Belonging]:
        note = self.of.get(user.name)
        return [] if note is None else [Belonging(kind="note", name=note, description="A note.", needs_heir=True)]

    def hand_over(self, _session: Session, _actor: Actor, user: User, heir: User) -> None:
        self.of[heir.name] = self.of.pop(user.name)


def test_a_name_means_one_person_for_good(people: PeopleParts) -> None:
    people.users.deactivate(ADMIN, "ada")
    with pytest.raises(Conflict):
        people.users.invite(ADMIN, name="ada")


@pytest.mark.parametrize("email", ["ada", "a b@example.com", "ada@", "x" * 65 + "@example.com"])
def test_what_is_no_address_is_refused(people: PeopleParts, email: str) -> None:
    with pytest.raises(InvalidInput):
        people.users.invite(ADMIN, name="joan", email=email)
    with pytest.raises(InvalidInput):
        people.users.change(ADMIN, "ada", email=email, full_name=None)


def test_a_change_leaves_what_is_not_given(people: PeopleParts) -> None:
    people.users.change(ADMIN, "ada", email="ada@example.com", full_name=None)
    changed = people.users.change(ADMIN, "ada", email=None, full_name="Ada Lovelace")
    assert (changed.email, changed.full_name) == ("ada@example.com", "Ada Lovelace")


def test_nobody_deactivates_themselves(people: PeopleParts) -> None:
    ada = people.users.find("ada")
    with pytest.raises(Conflict):
        people.users.deactivate(Actor(id=ada.id, kind="user", label=ada.label), "ada")


def test_what_needs_an_heir_keeps_a_user_until_it_has_one_or_is_left(people: PeopleParts) -> None:
    notes = Notes()
    notes.of = {"ada": "first", "grace": "second"}
    people.users.add_keeper(notes)
    with pytest.raises(Conflict, match="note first"):
        people.users.deactivate(ADMIN, "ada")
    assert people.users.find("ada").status == "active"
    del notes.of["grace"]
    left = people.users.deactivate(ADMIN, "ada", heir="grace")
    assert ([each.name for each in left], notes.of) == (["first"], {"grace": "first"})
    people.users.deactivate(ADMIN, "grace", leave=True)
    assert people.users.find("grace").status == "deactivated"


def test_deactivating_twice_is_a_no_op(people: PeopleParts) -> None:
    people.users.deactivate(ADMIN, "ada")
    first = people.users.find("ada")
    assert people.users.deactivate(ADMIN, "ada") == []
    assert people.users.find("ada") == first


def test_an_heir_is_somebody_else_who_is_active(people: PeopleParts) -> None:
    people.users.invite(ADMIN, name="joan")
    for heir in ("ada", "joan"):
        with pytest.raises(InvalidInput):
            people.users.deactivate(ADMIN, "ada", heir=heir)
    with pytest.raises(NotFound):
        people.users.deactivate(ADMIN, "ada", heir="nobody")
    assert people.users.find("ada").status == "active"


def test_somebody_whom_a_provider_knows_has_no_password_here(people: PeopleParts, database: Database) -> None:
    with database.transaction() as session:
        made = people.users.add_external(
            session, ADMIN, issuer="https://id.example", subject="42", name="joan", email="", full_name=""
        )
    with database.read() as session:
        assert people.users.find_external(session, "https://id.example", "42") == made
        assert people.users.find_external(session, "https://id.example", "43") is None
    with pytest.raises(Conflict):
        people.users.make_link(ADMIN, "joan")


def test_a_label_tells_a_user_from_a_key_of_the_same_name(people: PeopleParts) -> None:
    ada = people.users.find("ada")
    assert ada.label == f"ada ({ada.id})"


def test_users_are_listed_by_name_and_state(people: PeopleParts) -> None:
    people.users.invite(ADMIN, name="joan")
    assert [user.name for user in people.users.list_for(status=None, limit=10).items] == ["ada", "grace", "joan"]
    assert [user.name for user in people.users.list_for(status="invited", limit=10).items] == ["joan"]
