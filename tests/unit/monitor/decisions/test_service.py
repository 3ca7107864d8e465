"""Decisions are carried out with the rights of who chooses, and kept with the alert."""

import pytest

from tests.support.alerting import ANA, ROOT, VERA, AlertWorld
from tests.support.deciding import NotedActs, deciding
from unshelf.contracts.errors import Conflict, Forbidden, UnshelfError
from unshelf.foundation.clock import now


def test_a_choice_is_carried_out_and_kept_with_who_and_why(world: AlertWorld) -> None:
    noted, id = NotedActs(), world.raise_()
    decisions = deciding(world, noted)
    made = decisions.decide(ANA, id, "rollback", reason="It fails since the release.")
    assert noted.done == [("rollback", "churn", "ana")]
    assert (made.choice, made.outcome, made.by) == ("rollback", "Now live: version 1 (100 %).", "ana")
    card = decisions.card(VERA, id)
    assert card.decisions == (made,)
    assert made.score == next(option.score for option in card.options if option.name == "rollback")
    assert world.found(id).status(now()) == "acknowledged"
    assert world.history(id) == ["alert.raised", "alert.decided"]


@pytest.mark.parametrize(
    ("choice", "more", "done"),
    [
        ("replace", {}, ("release", "churn", 3, "ana")),
        ("replace", {"version": 3}, ("release", "churn", 3, "ana")),
        ("pause", {}, ("pause", "churn", True, "ana")),
        ("retrain", {"target": "p1"}, ("start", "pipeline", "p1", "ana")),
        ("collect", {}, ("collect", "churn", "churn-seen", False, "ana")),
        ("update", {}, None),
    ],
)
def test_each_option_does_what_it_says(
    world: AlertWorld, choice: str, more: dict[str, object], done: tuple[object, ...] | None
) -> None:
    noted = NotedActs()
    deciding(world, noted).decide(ANA, world.raise_("outputs_drifted"), choice, reason="", **more)  # type: ignore[arg-type]
    assert noted.done == ([] if done is None else [done])


def test_to_ignore_is_a_decision(world: AlertWorld) -> None:
    id = world.raise_()
    deciding(world, NotedActs()).decide(ANA, id, "ignore", reason="Christmas.")
    assert world.found(id).status(now()) == "ignored"


def test_who_may_not_do_it_sees_it_without_a_button_and_can_not_choose_it(world: AlertWorld) -> None:
    id, decisions = world.raise_(), deciding(world, NotedActs())
    assert not any(decisions.card(VERA, id).allowed)
    assert all(decisions.card(ANA, id).allowed)
    with pytest.raises(Forbidden):
        decisions.decide(VERA, id, "rollback", reason="")


def test_what_the_card_does_not_have_is_refused(world: AlertWorld) -> None:
    id, decisions = world.raise_(), deciding(world, NotedActs(), before=(), retrainings=())
    for choice, more in (("rollback", {}), ("retrain", {}), ("replace", {"version": 9})):
        with pytest.raises(Conflict, match="no option"):
            decisions.decide(ANA, id, choice, reason="", **more)  # type: ignore[arg-type]


def test_an_act_that_fails_is_no_decision(world: AlertWorld) -> None:
    id = world.raise_()
    decisions = deciding(world, NotedActs(error=Conflict("There is nothing to go back to.")))
    with pytest.raises(Conflict, match="nothing to go back to"):
        decisions.decide(ANA, id, "rollback", reason="")
    assert decisions.card(ANA, id).decisions == ()


def test_an_alert_that_is_over_has_no_options_and_takes_no_decision(world: AlertWorld) -> None:
    id, decisions = world.raise_(), deciding(world, NotedActs())
    world.alerts.over("errors_high", "churn")
    assert decisions.card(ROOT, id).options == ()
    with pytest.raises(Conflict):
        decisions.decide(ANA, id, "rollback", reason="")


def test_the_best_option_is_suggested_unless_none_stands_out(world: AlertWorld) -> None:
    alert = world.found(world.raise_("inputs_drifted"))
    assert deciding(world, NotedActs(), ratio=3.0).suggest(alert).endswith("unshelf pipelines run train-churn")
    weak = deciding(world, NotedActs(), model=None, advised="update", ratio=None, ended_alone=0)
    critical = world.found(world.raise_("disk", None, severity="critical"))
    assert weak.suggest(critical).startswith("Repair the platform.")
    broken = deciding(world, NotedActs())
    broken._reader.read = lambda _: (_ for _ in ()).throw(UnshelfError("Away."))  # type: ignore[method-assign]
    assert broken.suggest(alert) == ""
