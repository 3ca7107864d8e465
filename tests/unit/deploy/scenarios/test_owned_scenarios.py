"""Scenarios of somebody who leaves belong to the heir from then on, also those that were not shared."""

from tests.support.actors import actor
from unshelf.deploy.scenarios.owned_scenarios import OwnedScenarios
from unshelf.deploy.scenarios.service import ScenarioFields, ScenarioService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.users.user import User

ANA, CLEO = (Actor(id=name, kind="user", label=name, grants=()) for name in ("ana", "cleo"))


def account(name: str) -> User:
    return User(
        id=name, name=name, email="", full_name="", status="active", issuer=None, created_at=now(), created_by="admin",
        last_login_at=None, deactivated_at=None,
    )  # fmt: skip


def test_scenarios_go_to_the_heir(database: Database) -> None:
    scenarios = ScenarioService(database, EventStore(database), lambda _session, _name: True)
    kept = scenarios.save(ANA, "priced", ScenarioFields(name="A flat", inputs={"size": 80}))
    owned = OwnedScenarios(scenarios)
    with database.transaction() as session:
        [belonging] = owned.belongings_of(session, account("ana"))
        owned.hand_over(session, actor("admin", id="admin", name="admin"), account("ana"), account("cleo"))
        assert owned.belongings_of(session, account("ana")) == []
    assert (belonging.kind, belonging.name, belonging.needs_heir) == ("scenario", kept.id, False)
    assert scenarios.find(CLEO, "priced", kept.id).mine
    assert scenarios.change(CLEO, "priced", kept.id, ScenarioFields(shared=True)).shared
    event = EventStore(database).newest(limit=9).items[1]
    assert (event.action, event.subject.name) == ("scenario.handed_over", kept.id)
