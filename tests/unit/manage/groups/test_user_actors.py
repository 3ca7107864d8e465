"""Users as actors: what they may do follows their roles, their groups' roles and their status."""

from datetime import timedelta

from sqlalchemy import update

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.tables import GrantRow
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")
RISK = project_scope("risk")


def test_a_role_of_a_group_is_its_members(people: PeopleParts, database: Database) -> None:
    group = people.groups.create(ADMIN, name="team")
    people.groups.add_member(ADMIN, "team", "ada")
    people.access.grant(ADMIN, holder_kind="group", holder=group.id, role="contributor", scope=RISK)
    assert user_actor(people, database, "ada").may(Permission.MODEL_DEPLOY, RISK)
    assert not user_actor(people, database, "grace").may(Permission.MODEL_DEPLOY, RISK)
    people.groups.remove_member(ADMIN, "team", "ada")
    assert not user_actor(people, database, "ada").may(Permission.MODEL_DEPLOY, RISK)


def test_a_role_that_has_expired_allows_nothing(people: PeopleParts, database: Database) -> None:
    ada = people.users.find("ada")
    people.access.grant(
        ADMIN, holder_kind="user", holder=ada.id, role="owner", scope=RISK, expires_at=now() + timedelta(hours=1)
    )
    assert user_actor(people, database, "ada").may(Permission.KEYS_MANAGE, RISK)
    with database.transaction() as session:
        session.execute(update(GrantRow).values(expires_at=now() - timedelta(seconds=1)))
    assert not user_actor(people, database, "ada").may(Permission.KEYS_MANAGE, RISK)


def test_nobody_acts_who_is_not_active(people: PeopleParts, database: Database) -> None:
    before = user_actor(people, database, "ada")
    joan, _ = people.users.invite(ADMIN, name="joan")
    people.users.deactivate(ADMIN, "ada")
    assert people.actors.now(before) is None
    with database.read() as session:
        assert people.actors.of(session, joan.id) is None
        assert people.actors.of(session, "nobody") is None


def test_many_tokens_are_looked_up_at_once(people: PeopleParts, database: Database) -> None:
    ada, grace = people.users.find("ada").id, people.users.find("grace").id
    with database.read() as session:
        found = people.actors.many(session, {"t1": ada, "t2": ada, "t3": grace}, {"t1": None, "t2": (), "t3": None})
    assert {name: (each.id, each.bounds, each.credential) for name, each in found.items()} == {
        "t1": (ada, None, "t1"), "t2": (ada, (), "t2"), "t3": (grace, None, "t3"),
    }  # fmt: skip
