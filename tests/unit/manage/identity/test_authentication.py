"""The actor of a token, whichever kind it is."""

from tests.support.accounts import user_actor
from unshelf.foundation.database.engine import Database
from unshelf.manage.keys.service import KeysService
from unshelf.server.wiring.people import PeopleParts


def test_keys_and_personal_tokens_are_told_apart_by_themselves(
    people: PeopleParts, keys: KeysService, database: Database
) -> None:
    admin = "unshelf_pat_" + "x" * 43  # an operator may write whatever token there
    keys.ensure_admin(admin)
    _, token = people.tokens.create(user_actor(people, database, "ada"), name="t")
    found, user = people.identity.authenticate(admin), people.identity.authenticate(token)
    assert found is not None and found.id == "admin"
    assert user is not None and user.kind == "user"
    assert people.identity.authenticate("unshelf_" + "x" * 43) is None


def test_an_actor_is_looked_up_again_within_the_same_bounds(people: PeopleParts, database: Database) -> None:
    _, token = people.tokens.create(user_actor(people, database, "ada"), name="t", models=["iris"])
    found = people.identity.authenticate(token)
    assert found is not None and people.identity.current(found) == found
    people.users.deactivate(user_actor(people, database, "grace"), "ada")
    assert people.identity.current(found) is None
