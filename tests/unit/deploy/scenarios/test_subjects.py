"""Shared scenarios are found by name, note and model, by those who may call the model; others never."""

import pytest

from tests.support.actors import user
from unshelf.contracts.permissions import Permission
from unshelf.deploy.scenarios.service import ScenarioFields, ScenarioService
from unshelf.deploy.scenarios.subjects import scenario_source
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.search import kind_of
from unshelf.foundation.subjects import Subjects

ANA = user("ana", homes="caller")


@pytest.fixture
def scenarios(database: Database) -> ScenarioService:
    with database.transaction() as session:
        place_model(session, "priced", project_scope("homes").project)
    return ScenarioService(database, EventStore(database), lambda _session, name: name == "priced")


def test_a_shared_scenario_is_found_and_one_that_is_kept_is_not(scenarios: ScenarioService, database: Database) -> None:
    subjects, source = Subjects(), scenario_source()
    subjects.register(kind_of(source, Permission.MODEL_PREDICT))
    fields = ScenarioFields(name="A flat", note="As of May", inputs={"size": 80})
    saved = scenarios.save(ANA, "priced", fields)
    with database.read() as session:
        assert source.documents(session, [saved.id]) == []
        assert session.scalars(source.names).all() == []

    scenarios.change(ANA, "priced", saved.id, ScenarioFields(shared=True))

    with database.read() as session:
        [document] = source.documents(session, [saved.id, "absent"])
        facts = subjects.find(session, "scenario", saved.id)
    assert (document.title, document.text) == ("A flat", "priced As of May")
    assert document.page == f"/models/priced/scenarios/{saved.id}"
    assert (document.subject.model, document.subject.project) == ("priced", "homes")
    assert facts is not None
    assert subjects.may_see(ANA, facts)
    assert not subjects.may_see(user("sam", others="caller"), facts)
