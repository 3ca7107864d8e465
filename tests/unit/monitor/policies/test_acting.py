"""Policies act on new alerts: once within their hours, with the rights of who set them, and never twice after a crash."""

import pytest
from sqlalchemy import select, update

from tests.support.alerting import ANA, OLGA, VERA, AlertWorld
from tests.support.policies import PolicyWorld
from unshelf.contracts.errors import Conflict
from unshelf.monitor.decisions.decision import decision_of
from unshelf.monitor.decisions.tables import AlertDecisionRow
from unshelf.monitor.policies.tables import AlertPolicyActRow


def test_a_policy_rolls_back_and_everybody_can_see_that_it_did(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    made = policies.service.create(ANA, policies.order())
    id = world.raise_(severity="critical")
    for _ in range(2):
        policies.acting.act()
    assert policies.noted.done == [("rollback", "churn", "policy back")]
    (event,) = [each for each in world.events.newest(limit=9).items if each.action == "alert.acted"]
    assert (event.actor_kind, event.actor_label, event.subject.name) == ("system", "policy back", id)
    assert event.after == {"policy": "back", "act": "rollback", "outcome": "Now live: version 1 (100 %).", "error": ""}
    with world.database.read() as session:
        decision = decision_of(session.scalars(select(AlertDecisionRow)).one())
    assert (decision.policy, decision.choice, decision.score) == ("back", "rollback", None)
    assert world.inbox(ANA) == [("alert.acted", "The policy back answered: errors_high of churn.")]
    last = policies.service.show(ANA, made.id)
    assert (last.last_model, last.last_outcome, last.last_error) == ("churn", "Now live: version 1 (100 %).", "")


def test_it_acts_once_within_its_hours(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    policies.service.create(ANA, policies.order(act="pause", hours=2))
    for _ in range(2):
        world.raise_(severity="critical")
        policies.acting.act()
        world.alerts.over("errors_high", "churn")
    assert len(policies.noted.done) == 1
    with world.database.transaction() as session:
        act = session.scalars(select(AlertPolicyActRow)).one()
        session.execute(update(AlertPolicyActRow).values(at=act.at.replace(year=2025)))
    world.raise_(severity="critical")
    policies.acting.act()
    assert policies.noted.done == [("pause", "churn", True, "policy back")] * 2


def test_what_it_is_not_about_is_left_alone(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    world.raise_(severity="critical")  # before the policy was set
    policies.service.create(ANA, policies.order(kinds=["errors_high", "latency_high"]))
    world.raise_("latency_high")
    world.raise_("errors_high", "iris", severity="critical")
    policies.acting.act()
    assert policies.noted.done == []


def test_who_lost_the_right_lends_it_no_more(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    made = policies.service.create(ANA, policies.order())
    world.people.actors[ANA.id] = VERA
    world.raise_(severity="critical")
    policies.acting.act()
    assert policies.noted.done == []
    assert "does not have the permission" in policies.service.show(VERA, made.id).last_error
    del world.people.actors[ANA.id]
    world.raise_("errors_high", "open", severity="critical")
    assert policies.noted.done == []


def test_an_act_that_fails_is_noted_and_not_repeated(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    made = policies.service.create(ANA, policies.order())
    policies.noted.error = Conflict("There is nothing to go back to.")
    world.raise_(severity="critical")
    policies.acting.act()
    policies.noted.error = None
    policies.acting.act()
    assert policies.noted.done == []
    assert policies.service.show(ANA, made.id).last_error == "There is nothing to go back to."
    assert world.inbox(ANA)[0][0] == "alert.acted"


def test_who_answers_hears_of_an_act_that_breaks(world: AlertWorld, caplog: pytest.LogCaptureFixture) -> None:
    """Given a job whose file somebody deleted from the disk, so that starting it breaks, then people are told, and the loop goes on."""
    policies = PolicyWorld(world)
    made = policies.service.create(ANA, policies.order())
    policies.noted.error = FileNotFoundError("train.py")
    world.raise_(severity="critical")
    policies.acting.act()
    error = policies.service.show(ANA, made.id).last_error
    assert "Something went wrong inside the platform" in error
    assert "train.py" not in error, "what it was is for the operator"
    assert "train.py" in caplog.text
    assert len(world.inbox(ANA)) == 1


def test_a_policy_of_a_project_says_what_it_can_not_do_elsewhere(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    made = policies.service.create(OLGA, policies.order(model=None, project="risk", act="pause"))
    policies.elsewhere.add("churn")
    world.raise_(severity="critical")
    policies.acting.act()
    assert policies.noted.done == []
    assert "churn runs on other infrastructure" in policies.service.show(OLGA, made.id).last_error


def test_an_act_that_a_crash_cut_off_is_not_repeated(world: AlertWorld) -> None:
    policies = PolicyWorld(world)
    made = policies.service.create(ANA, policies.order(act="start", start_kind="pipeline", start_target="p1"))
    world.raise_(severity="critical")
    policies.noted.error = KeyboardInterrupt()  # type: ignore[assignment]
    try:
        policies.acting.act()
    except KeyboardInterrupt:
        policies.noted.error = None
    policies.acting.act()
    assert policies.noted.done == []
    last = policies.service.show(ANA, made.id)
    assert (last.last_model, last.last_outcome, last.last_error) == ("churn", "", "")
