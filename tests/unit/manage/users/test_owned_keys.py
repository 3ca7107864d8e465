"""Keys that somebody created are theirs until they hand them over."""

from tests.support.accounts import user_actor
from tests.support.actors import actor
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.database.engine import Database
from unshelf.manage.keys.service import KeysService
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


def test_a_good_key_is_handed_over_and_goes_on_working(
    people: PeopleParts, keys: KeysService, database: Database
) -> None:
    ada = people.users.find("ada")
    people.access.grant(ADMIN, holder_kind="user", holder=ada.id, role="administrator", scope=INSTALLATION)
    acting = user_actor(people, database, "ada")
    kept, token = keys.create(acting, name="batch", role="predict", models=None, expires_in_seconds=None)
    gone, _ = keys.create(acting, name="old", role="predict", models=None, expires_in_seconds=None)
    keys.revoke(ADMIN, gone.id)
    assert [each.name for each in people.users.belongings("ada")] == [f"batch ({kept.id})"]
    people.users.deactivate(ADMIN, "ada", heir="grace")
    assert [each.name for each in people.users.belongings("grace")] == [f"batch ({kept.id})"]
    assert keys.authenticate(token) is not None


def test_a_key_of_a_key_belongs_to_nobody(people: PeopleParts, keys: KeysService) -> None:
    keys.create(ADMIN, name="batch", role="predict", models=None, expires_in_seconds=None)
    assert people.users.belongings("ada") == people.users.belongings("grace") == []
