"""The service of support: set by who may, an event each time it changes, forgotten with the model."""

import pytest

from tests.support.alerting import ANA, OLGA, ROOT, VERA, AlertWorld
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.monitor.support.service import WantedSupport


def test_support_is_set_and_completed_by_the_project(world: AlertWorld) -> None:
    world.support.set(OLGA, "project", "risk", WantedSupport(level="critical", escalate_after=3))
    found = world.support.set(ANA, "model", "churn", WantedSupport(owner=("group", "night")))
    assert (found.level, found.escalate_after, found.owner and found.owner.name) == ("critical", 3, "night")
    assert (found.own.level, world.support.level_of("churn"), world.support.level_of("iris")) == (
        None,
        "critical",
        "standard",
    )
    with world.database.read() as session:
        among = world.support.among(session, {"churn", "iris", "gone"})
        assert among["churn"] == world.support.of_model(session, "churn")
        assert (among["iris"].level, among["gone"].level) == ("standard", "standard")


def test_a_change_is_an_event_and_the_same_again_is_none(world: AlertWorld) -> None:
    for _ in range(2):
        world.support.set(ANA, "model", "churn", WantedSupport(level="critical", owner=("user", "olga")))
    (event,) = world.events.newest(limit=9).items
    assert (event.action, event.subject.name, event.subject.project) == ("model.support_changed", "churn", "risk")
    assert event.after == {"level": "critical", "escalate_after": None, "owner": "user olga", "escalate_to": None}


def test_who_may_not_and_what_is_not_there(world: AlertWorld) -> None:
    with pytest.raises(Forbidden):
        world.support.set(VERA, "model", "churn", WantedSupport())
    with pytest.raises(Forbidden):
        world.support.set(ANA, "project", "risk", WantedSupport())
    for kind, name in (("model", "none"), ("project", "none")):
        with pytest.raises(NotFound):
            world.support.set(ROOT, kind, name, WantedSupport())  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            world.support.show(kind, name)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        world.support.set(ROOT, "model", "churn", WantedSupport(owner=("user", "nobody")))
    with pytest.raises(InvalidInput):
        world.support.set(ROOT, "model", "churn", WantedSupport(escalate_after=0))


def test_models_are_owned_by_themselves_and_by_their_project(world: AlertWorld) -> None:
    world.support.set(ROOT, "project", "risk", WantedSupport(owner=("group", "night")))
    world.support.set(ROOT, "model", "iris", WantedSupport(owner=("user", "vera")))
    with world.database.read() as session:
        assert world.support.owned_by(session, "id-vera", ["id-night"]) == ["churn", "iris", "open"]
        assert world.support.owned_by(session, "id-ana", []) == []


def test_a_later_model_of_the_name_inherits_nothing(world: AlertWorld) -> None:
    world.support.set(ROOT, "model", "churn", WantedSupport(level="critical"))
    with world.database.transaction() as session:
        world.world.subjects.removed(session, "model", ["churn"])
    assert world.support.level_of("churn") == "standard"
