"""Personal tokens: made by whole users alone, recognised while they are good."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.personal_tokens.tables import PersonalTokenRow
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


def test_a_token_s_actor_is_its_owner_within_its_bounds(people: PeopleParts, database: Database) -> None:
    ada = user_actor(people, database, "ada")
    made, token = people.tokens.create(ada, name="t", role="caller")
    found = people.tokens.authenticate(token)
    assert found is not None
    assert (found.id, found.kind, found.label, found.credential) == (ada.id, "user", ada.label, made.id)
    assert found.may_somewhere(Permission.MODEL_PREDICT) and not found.may_somewhere(Permission.PROJECTS_CREATE)
    assert people.tokens.authenticate(token[:-1]) is None


def test_neither_keys_nor_narrowed_tokens_make_tokens(people: PeopleParts, database: Database) -> None:
    _, token = people.tokens.create(user_actor(people, database, "ada"), name="t", role="owner")
    narrowed = people.tokens.authenticate(token)
    assert narrowed is not None
    for refused in (ADMIN, narrowed):
        with pytest.raises(Forbidden):
            people.tokens.create(refused, name="t")


def test_an_expired_token_is_good_for_nothing(people: PeopleParts, database: Database) -> None:
    _, token = people.tokens.create(user_actor(people, database, "ada"), name="t", expires_in_seconds=60)
    assert people.tokens.authenticate(token) is not None
    with database.transaction() as session:
        session.execute(update(PersonalTokenRow).values(expires_at=now() - timedelta(seconds=1)))
    assert people.tokens.authenticate(token) is None


def test_a_use_is_noted_once_a_minute(people: PeopleParts, database: Database) -> None:
    made, token = people.tokens.create(user_actor(people, database, "ada"), name="t")
    people.tokens.authenticate(token)
    first = people.tokens.find(made.id)
    people.tokens.authenticate(token)
    assert first is not None and first.last_used_at is not None and people.tokens.find(made.id) == first


def test_records_show_the_owner_s_name(people: PeopleParts, database: Database) -> None:
    made, _ = people.tokens.create(user_actor(people, database, "ada"), name="t")
    assert people.identity.name_of(made.id) == "ada"
    assert people.identity.name_of("nothing") == ""


def test_who_may_not_revoke_a_token_learns_nothing_of_it(people: PeopleParts, database: Database) -> None:
    made, _ = people.tokens.create(user_actor(people, database, "ada"), name="t")
    for other in (user_actor(people, database, "grace"), actor("deploy")):
        with pytest.raises(NotFound):
            people.tokens.revoke(other, made.id)


def test_a_manager_of_users_ends_tokens_of_those_who_may_do_no_more(people: PeopleParts, database: Database) -> None:
    """Given somebody who manages users and is no administrator, then an administrator's token is out of reach, as the account is."""
    manages_users = Grant(permissions=frozenset({Permission.USERS_MANAGE}), scope=INSTALLATION)
    helpdesk = Actor(id="u9", kind="user", label="helpdesk (u9)", grants=(manages_users,))
    plain, _ = people.tokens.create(user_actor(people, database, "grace"), name="t")
    people.tokens.revoke(helpdesk, plain.id)
    ada = user_actor(people, database, "ada")
    people.access.grant(ADMIN, holder_kind="user", holder=ada.id, role="administrator", scope=INSTALLATION)
    of_ruler, secret = people.tokens.create(ada, name="t")
    with pytest.raises(Forbidden, match="administrator"):
        people.tokens.revoke(helpdesk, of_ruler.id)
    assert people.tokens.authenticate(secret) is not None
    people.tokens.revoke(ADMIN, of_ruler.id)
    assert people.tokens.authenticate(secret) is None


def test_a_token_for_nothing_at_all_is_refused(people: PeopleParts, database: Database) -> None:
    with pytest.raises(InvalidInput):
        people.tokens.create(user_actor(people, database, "ada"), name="t", models=[])
