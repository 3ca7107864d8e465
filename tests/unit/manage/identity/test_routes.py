"""`GET /whoami`: of keys and of users."""

from tests.support.accounts import user_actor
from tests.support.actors import actor
from tests.support.asgi import caller_of
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.manage.identity.routes import router
from unshelf.manage.keys.service import KeysService
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


def test_a_key_says_what_it_is_good_for(people: PeopleParts, keys: KeysService) -> None:
    _, token = keys.create(ADMIN, name="ci", role="predict", models=["iris"], expires_in_seconds=None)
    found = keys.authenticate(token)
    assert found is not None
    shown = caller_of(found, router(keys, people.users, people.groups, people.access))("GET", "/whoami").json()
    assert (shown["name"], shown["role"], shown["models"]) == ("ci", "predict", ["iris"])
    assert shown["permissions"] == ["model.predict", "model.read"]


def test_a_user_has_groups_and_roles(people: PeopleParts, keys: KeysService, database: Database) -> None:
    group = people.groups.create(ADMIN, name="team")
    people.groups.add_member(ADMIN, "team", "ada")
    people.access.grant(ADMIN, holder_kind="group", holder=group.id, role="viewer", scope=project_scope("risk"))
    ada = user_actor(people, database, "ada")
    shown = caller_of(ada, router(keys, people.users, people.groups, people.access))("GET", "/whoami").json()
    assert (shown["name"], shown["kind"], shown["groups"]) == ("ada", "user", ["team"])
    assert shown["roles"] == [{"role": "viewer", "scope_kind": "project", "scope": "risk", "group": "team"}]
    assert "alerts.read" in shown["permissions"]


def test_an_actor_who_is_gone_is_nobody(people: PeopleParts, keys: KeysService) -> None:
    for gone in (actor(id="gone"), Actor(id="gone", kind="user", label="gone")):
        call = caller_of(gone, router(keys, people.users, people.groups, people.access))
        assert call("GET", "/whoami").status_code == 401
