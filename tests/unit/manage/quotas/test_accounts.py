"""Accounts: the people behind labels, and those who answer for keys."""

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.database.engine import Database
from unshelf.manage.keys.service import KeysService
from unshelf.manage.quotas.accounts import accounts_of_makers, project_account, user_account
from unshelf.server.wiring.people import PeopleParts

ROOT = actor("admin", id="admin", name="admin")


def test_labels_lead_to_people_also_by_the_keys_that_they_answer_for(
    database: Database, people: PeopleParts, keys: KeysService
) -> None:
    ada = user_actor(people, database, "ada")
    people.access.grant(ROOT, holder_kind="user", holder=ada.id, role="administrator", scope=INSTALLATION)
    able = user_actor(people, database, "ada")
    key, _ = keys.create(able, name="ci", role="deploy", models=None, expires_in_seconds=None)
    with database.read() as session:
        (found,) = accounts_of_makers(session, [key.label, ada.label, "system", "admin", "nobody (none)"])
        assert (found.kind, found.name, found.title) == ("user", ada.id, "ada")
        assert found.labels == (ada.label, key.label)
        assert user_account(session, "none") is None
    assert project_account("risk").title == "the project 'risk'"
