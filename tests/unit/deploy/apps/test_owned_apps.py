"""Apps of somebody who leaves ask on the grant of the heir from then on."""

from tests.support.actors import actor
from tests.unit.deploy.apps.conftest import MAKER, person, wanted
from unshelf.deploy.apps.owned_apps import OwnedApps
from unshelf.deploy.apps.service import AppService
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.users.user import User

ROOT = actor("admin", id="admin", name="admin")


def user(name: str) -> User:
    return User(
        id=name, name=name, email="", full_name="", status="active", issuer=None, created_at=now(), created_by="admin",
        last_login_at=None, deactivated_at=None,
    )  # fmt: skip


def test_apps_go_to_the_heir(apps: AppService, database: Database) -> None:
    apps.save(person("ana", *MAKER), "worth", wanted())
    apps.save(person("ben", *MAKER), "other", wanted())
    owned = OwnedApps(apps)
    with database.transaction() as session:
        assert [(each.name, each.needs_heir) for each in owned.belongings_of(session, user("ana"))] == [("worth", True)]
        owned.hand_over(session, ROOT, user("ana"), user("cleo"))
        assert owned.belongings_of(session, user("ana")) == []
    found = apps.by_name("worth")
    assert found is not None
    assert (found.owner_id, found.app.owner) == ("cleo", "cleo (cleo)")
    event = EventStore(database).newest(limit=1).items[0]
    assert (event.action, event.before, event.after) == ("app.handed_over", {"owner": "ana"}, {"owner": "cleo"})
