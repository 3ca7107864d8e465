"""Answers to alerts: who may give them, what they change, and what of it is an event."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.support.alerting import ANA, OLGA, ROOT, STRANGER, VERA, AlertWorld
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.support.service import WantedSupport


def test_acknowledging_counts_for_the_group_and_once(world: AlertWorld) -> None:
    ids = [world.raise_(kind) for kind in ("inputs_drifted", "errors_high")]
    world.tell()
    other = world.raise_("slow", "iris")
    world.answers.acknowledge(ANA, ids[0])
    world.answers.acknowledge(OLGA, ids[0])
    assert [world.found(id).life.acknowledged_by for id in (*ids, other)] == ["ana", "ana", None]
    for id in ids:
        assert world.history(id).count("alert.acknowledged") == 1


def test_of_two_who_acknowledge_at_once_one_has_it(world: AlertWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given two people who both saw that nobody has an alert, when both say that they look after it, then the first one does."""
    id = world.raise_()
    both = threading.Barrier(2)
    seen = world.answers.answerable

    def answerable(actor: Actor, id: str) -> Alert:
        alert = seen(actor, id)
        both.wait(60)
        return alert

    monkeypatch.setattr(world.answers, "answerable", answerable)
    with ThreadPoolExecutor(2) as threads:
        told = {
            each.life.acknowledged_by
            for each in threads.map(lambda who: world.answers.acknowledge(who, id), (ANA, OLGA))
        }
    assert told == {world.found(id).life.acknowledged_by}, "both hear who has it"
    assert world.history(id).count("alert.acknowledged") == 1


def test_an_alert_that_ends_meanwhile_takes_no_answer(world: AlertWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    id = world.raise_()
    open_still = world.answers.answerable(ANA, id)
    world.alerts.over("errors_high", "churn")
    monkeypatch.setattr(world.answers, "answerable", lambda *_: open_still)
    with pytest.raises(Conflict, match="The alert is over"):
        world.answers.acknowledge(ANA, id)


def test_an_alert_is_given_to_who_may_see_it_and_they_hear_of_it(world: AlertWorld) -> None:
    id = world.raise_()
    world.answers.assign(ANA, id, ("user", "vera"))
    assert world.inbox(VERA) == [("alert.assigned", "Yours to look after: errors_high of churn.")]
    with pytest.raises(InvalidInput, match="may not see"):
        world.answers.assign(ANA, id, ("user", "sten"))
    with pytest.raises(InvalidInput, match="may not see"):
        world.answers.assign(ANA, id, ("group", "empty"))
    with pytest.raises(NotFound):
        world.answers.assign(ANA, id, ("user", "nobody"))
    world.people.groups["id-night"] = [OLGA.id, ANA.id]
    world.answers.assign(ANA, id, ("group", "night"))
    assert (len(world.inbox(OLGA)), world.inbox(ANA)) == (1, [])
    assert world.ids(OLGA, mine=world.answers.mine(OLGA)) == [id]


def test_mine_is_what_one_owns_was_given_or_answers_for(world: AlertWorld) -> None:
    owned = world.raise_("owned", "churn", owner="vera")
    answered = world.raise_("answered", "open")
    world.support.set(ROOT, "model", "open", WantedSupport(owner=("user", "vera")))
    world.raise_("other", "iris")
    assert set(world.ids(ROOT, mine=world.answers.mine(VERA))) == {owned, answered}


def test_only_who_manages_alerts_answers_and_only_what_is_open(world: AlertWorld) -> None:
    id = world.raise_()
    with pytest.raises(Forbidden):
        world.answers.acknowledge(VERA, id)
    with pytest.raises(NotFound):
        world.answers.acknowledge(STRANGER, id)
    world.alerts.over("errors_high", "churn")
    with pytest.raises(Conflict):
        world.answers.ignore(ANA, id, reason="")


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=-1), timedelta(days=91)])
def test_a_snooze_ends_within_bounds(world: AlertWorld, ahead: timedelta) -> None:
    with pytest.raises(InvalidInput):
        world.answers.snooze(ANA, world.raise_(), now() + ahead)


def test_ignoring_keeps_the_extent_and_is_taken_back(world: AlertWorld) -> None:
    id = world.raise_(summary="Slow.")
    assert world.answers.ignore(ANA, id, reason="It is known.").status(now()) == "ignored"
    assert world.ids(state="active") == []
    assert world.answers.heed(ANA, id).status(now()) == "new"
    world.answers.heed(ANA, id)
    assert world.history(id)[1:] == ["alert.ignored", "alert.heeded"]


def test_an_alert_that_is_seen_again_keeps_what_was_done(world: AlertWorld) -> None:
    id = world.raise_()
    world.answers.acknowledge(ANA, id)
    world.raise_(evidence={"ms": 9})
    assert (world.found(id).life.acknowledged_by, world.found(id).finding.evidence) == ("ana", {"ms": 9})
