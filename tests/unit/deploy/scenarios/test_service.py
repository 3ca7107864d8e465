"""Scenarios: private until they are shared, changed by their owner alone, and gone with their model."""

from typing import Any

import pytest

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.deploy.scenarios import service as module
from unshelf.deploy.scenarios.service import ScenarioFields, ScenarioService
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore

FLAT = ScenarioFields(name="A flat", note="As of May", inputs={"size": 80}, params={"top_k": 2})


def person(name: str, *permissions: Permission) -> Actor:
    return Actor(
        id=name, kind="user", label=name, grants=(Grant(permissions=frozenset(permissions), scope=INSTALLATION),)
    )


ANA, BEN = person("ana"), person("ben")


@pytest.fixture
def scenarios(database: Database) -> ScenarioService:
    return ScenarioService(database, EventStore(database), lambda _session, name: name == "priced")


def names(scenarios: ScenarioService, actor: Actor) -> list[str]:
    return [each.name for each in scenarios.list_of(actor, "priced", limit=9).items]


def events(database: Database) -> list[tuple[str, Any]]:
    return [(event.action, event.after) for event in reversed(EventStore(database).newest(limit=99).items)]


def test_a_scenario_is_its_owners_until_it_is_shared(scenarios: ScenarioService, database: Database) -> None:
    saved = scenarios.save(ANA, "priced", FLAT)
    assert (saved.inputs, saved.params, saved.shared, saved.mine) == ({"size": 80}, {"top_k": 2}, False, True)
    assert (names(scenarios, ANA), names(scenarios, BEN)) == (["A flat"], [])
    with pytest.raises(NotFound):
        scenarios.find(BEN, "priced", saved.id)
    with pytest.raises(NotFound):
        scenarios.change(BEN, "priced", saved.id, ScenarioFields(name="Mine"))
    with pytest.raises(NotFound):
        scenarios.delete(BEN, "priced", saved.id)
    scenarios.change(ANA, "priced", saved.id, ScenarioFields(shared=True))
    seen = scenarios.find(BEN, "priced", saved.id)
    assert (seen.name, seen.mine, seen.created_by) == ("A flat", False, "ana")
    assert events(database) == [
        ("scenario.saved", {"shared": False}),
        ("scenario.changed", {"name": "A flat", "shared": True}),
    ]


def test_only_its_owner_changes_it_and_a_releaser_deletes_it(scenarios: ScenarioService) -> None:
    saved = scenarios.save(ANA, "priced", ScenarioFields(name="A flat", inputs=[1.0], shared=True))
    for act in (
        lambda: scenarios.change(BEN, "priced", saved.id, ScenarioFields(name="Mine")),
        lambda: scenarios.delete(BEN, "priced", saved.id),
    ):
        with pytest.raises(Forbidden):
            act()
    scenarios.delete(person("rea", Permission.MODEL_RELEASE), "priced", saved.id)
    assert names(scenarios, ANA) == []


def test_a_change_leaves_what_is_not_given(scenarios: ScenarioService) -> None:
    saved = scenarios.save(ANA, "priced", FLAT)
    changed = scenarios.change(ANA, "priced", saved.id, ScenarioFields(inputs=[2.0]))
    assert (changed.name, changed.note, changed.inputs, changed.params) == ("A flat", "As of May", [2.0], {"top_k": 2})


def test_what_is_too_large_too_many_or_of_no_model_is_refused(
    scenarios: ScenarioService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="262144 bytes"):
        scenarios.save(ANA, "priced", ScenarioFields(name="An image", inputs={"image": "A" * (256 << 10)}))
    with pytest.raises(NotFound):
        scenarios.save(ANA, "absent", FLAT)
    monkeypatch.setattr(module, "MOST_OF_ONE", 1)
    scenarios.save(ANA, "priced", FLAT)
    with pytest.raises(Conflict):
        scenarios.save(ANA, "priced", FLAT)
    scenarios.save(BEN, "priced", FLAT)


def test_scenarios_go_with_their_model(scenarios: ScenarioService, database: Database) -> None:
    saved = scenarios.save(ANA, "priced", FLAT)
    with database.transaction() as session:
        scenarios.forget(session, "version", ["priced"])
    assert scenarios.find(ANA, "priced", saved.id).name == "A flat"
    with database.transaction() as session:
        scenarios.forget(session, "model", ["priced"])
    assert names(scenarios, ANA) == []
