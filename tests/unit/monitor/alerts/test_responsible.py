"""Who hears of an alert: the first stage with somebody who may see it, and did not mute it."""

from tests.support.alerting import ANA, OLGA, ROOT, STRANGER, VERA, AlertWorld
from unshelf.foundation.events.event import Subject, model_subject
from unshelf.manage.keys.service import ADMIN
from unshelf.monitor.support.service import WantedSupport
from unshelf.monitor.support.support import Contact

ABOUT = model_subject("alert", "a1", "churn", project="risk")


def first(world: AlertWorld, subject: Subject = ABOUT, assignee: Contact | None = None) -> list[str]:
    with world.database.read() as session:
        return world.responsible.first(session, subject, assignee)


def following(world: AlertWorld, escalations: int) -> list[str]:
    with world.database.read() as session:
        return world.responsible.next(session, ABOUT, escalations)


def test_the_maker_answers_then_the_owners_of_the_project_then_the_administrators(world: AlertWorld) -> None:
    assert first(world) == [ANA.id]
    world.makers["churn"] = "ci (k1)"
    assert first(world) == [OLGA.id]
    world.people.owners.clear()
    assert first(world) == [ROOT.id]
    del world.people.actors[ROOT.id]
    assert first(world) == [ADMIN]


def test_an_owner_that_is_set_comes_first_and_a_group_is_its_members(world: AlertWorld) -> None:
    world.people.groups["id-night"] = [VERA.id, STRANGER.id]
    world.support.set(ROOT, "model", "churn", WantedSupport(owner=("group", "night")))
    assert first(world) == [VERA.id]  # sten may not see it
    world.people.groups["id-night"] = []
    assert first(world) == [ANA.id]
    world.support.set(ROOT, "project", "risk", WantedSupport(owner=("user", "vera")))
    world.makers.clear()
    assert first(world) == [VERA.id]


def test_whom_it_is_assigned_to_has_it(world: AlertWorld) -> None:
    assert first(world, assignee=Contact(kind="user", id=VERA.id, name="vera")) == [VERA.id]
    assert first(world, assignee=Contact(kind="user", id=STRANGER.id, name="sten")) == [ANA.id]


def test_who_muted_the_model_is_passed_over(world: AlertWorld) -> None:
    world.watching.follow(ANA, "model", "churn", muted=True)
    assert first(world) == [OLGA.id]


def test_the_installation_has_its_administrators(world: AlertWorld) -> None:
    assert first(world, Subject(kind="alert", name="a1")) == [ROOT.id]


def test_an_alert_is_escalated_to_whom_the_model_names_else_to_owners_then_to_administrators(world: AlertWorld) -> None:
    assert (following(world, 0), following(world, 1)) == ([OLGA.id], [ROOT.id])
    world.support.set(ROOT, "model", "churn", WantedSupport(escalate_to=("user", "vera")))
    assert following(world, 0) == [VERA.id]


def test_followers_hear_of_it_too(world: AlertWorld) -> None:
    world.watching.follow(VERA, "project", "risk")
    with world.database.read() as session:
        assert world.responsible.followers(session, ABOUT) == [VERA.id]
