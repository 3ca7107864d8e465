"""Users are found by their login names, unless they are gone."""

from tests.support.actors import actor
from unshelf.foundation.database.engine import Database
from unshelf.manage.users.named_users import NamedUsers
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


def test_who_may_hold_a_role_is_found(people: PeopleParts, database: Database) -> None:
    joan, _ = people.users.invite(ADMIN, name="joan")
    ada = people.users.find("ada")
    people.users.deactivate(ADMIN, "ada")
    with database.read() as session:
        assert [NamedUsers().id_of(session, name) for name in ("joan", "ada", "nobody")] == [joan.id, None, None]
        assert NamedUsers().names_of(session, [joan.id, ada.id, "x"]) == {joan.id: "joan", ada.id: "ada"}
