"""Policies are set by those who could do the same by hand, listed, shown and deleted."""

import pytest

from tests.support.alerting import ANA, OLGA, ROOT, STRANGER, VERA, AlertWorld
from tests.support.policies import PolicyWorld
from unshelf.contracts.errors import Conflict, Forbidden, NotFound, RunsElsewhere


def test_a_policy_is_set_listed_shown_and_deleted(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    made = policies.service.create(ANA, policies.order())
    wide = policies.service.create(OLGA, policies.order("wide", model=None, project="risk", act="pause"))
    assert (made.project, made.created_by, made.last_at, made.hours) == ("risk", "ana", None, 24)
    assert [each.id for each in policies.service.list_for(VERA, limit=9).items] == [wide.id, made.id]
    assert [each.id for each in policies.service.list_for(VERA, model="open", limit=9).items] == [wide.id]
    assert policies.service.list_for(VERA, project="default", limit=9).items == []
    assert policies.service.list_for(STRANGER, limit=9).items == []
    assert policies.service.show(VERA, made.id) == made
    with pytest.raises(NotFound):
        policies.service.show(STRANGER, made.id)
    with pytest.raises(Forbidden):
        policies.service.delete(VERA, made.id)
    policies.service.delete(ANA, made.id)
    actions = [event.action for event in world.events.newest(limit=9).items]
    assert actions == ["alert_policy.deleted", "alert_policy.set", "alert_policy.set"]


def test_who_could_not_do_it_can_not_set_it(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    with pytest.raises(Forbidden):
        policies.service.create(VERA, policies.order())
    with pytest.raises(NotFound):
        policies.service.create(STRANGER, policies.order())
    with pytest.raises(NotFound):
        policies.service.create(ROOT, policies.order(model="none"))
    with pytest.raises(NotFound):
        policies.service.create(ROOT, policies.order(model=None, project="none"))
    policies.service.create(ANA, policies.order())
    with pytest.raises(Conflict):
        policies.service.create(ANA, policies.order())
    start = policies.order("start", act="start", start_kind="pipeline", start_target="p1", model="open")
    with pytest.raises(Forbidden):
        policies.service.create(VERA, start)
    assert policies.service.create(ROOT, start).start_target == "p1"


def test_what_runs_elsewhere_can_be_trained_anew_and_not_rolled_back(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    policies.elsewhere.add("churn")
    for act in ("rollback", "pause"):
        with pytest.raises(RunsElsewhere, match="churn runs on other infrastructure"):
            policies.service.create(ANA, policies.order(act=act))
    made = policies.service.create(ROOT, policies.order(act="start", start_kind="collection", start_target="c1"))
    assert made.start_kind == "collection"


def test_policies_go_with_their_model(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    policies.service.create(ANA, policies.order())
    with world.database.transaction() as session:
        world.world.subjects.removed(session, "model", ["churn"])
    assert policies.service.list_for(ROOT, limit=9).items == []
