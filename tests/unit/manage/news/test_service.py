"""News are told once an event, with the position in the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.notifying import notifying
from tests.support.subjects import SubjectWorld, member, person, subject_world
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import Subject, model_subject
from unshelf.manage.news.service import NewsService
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.watching.service import WatchService

VERA = member("vera", "risk", "viewer")
OLGA = member("olga", "risk", "owner")
STEN = person("sten")


def release(world: SubjectWorld) -> None:
    """Have olga release a version of churn."""
    subject = model_subject("release", "churn", "churn", project="risk")
    with world.database.transaction() as session:
        world.events.record(session, OLGA, "release.changed", subject, after={"release": []})
    close_chain(world.database)


@dataclass
class Told:
    """News over one installation."""

    world: SubjectWorld
    notifications: NotificationService
    watching: WatchService
    news: NewsService

    def inbox(self, who: Actor) -> list[tuple[str, str]]:
        """Tell what is new; then kind and title of somebody's notifications, the oldest first."""
        close_chain(self.world.database)
        self.news.tell()
        page, _ = self.notifications.inbox(who, limit=99)
        return [(each.notification.kind, each.notification.title) for each in reversed(page.items)]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with subject_world(tmp_path) as world:
        people = {each.id: each for each in (VERA, OLGA, STEN)}
        made = notifying(world.database, tmp_path, subjects=world.subjects, people=people)
        watching = WatchService(world.database, world.events, world.subjects, lambda actor: people.get(actor.id))
        news = NewsService(
            world.database, world.events, subjects=world.subjects, watching=watching, notifications=made.notifications,
            deciders=lambda _session, _request: ["id-vera", "id-olga"], comment_text=lambda _session, _comment: None,
        )  # fmt: skip
        yield Told(world, made.notifications, watching, news)


def test_who_follows_is_told_of_events_after_the_start_once(told: Told) -> None:
    told.watching.follow(VERA, "project", "risk")
    told.watching.follow(VERA, "model", "churn")
    told.watching.follow(OLGA, "model", "churn")
    release(told.world)
    told.news.start()
    assert told.inbox(VERA) == []
    release(told.world)
    told.news.start()
    for _ in range(2):
        assert told.inbox(VERA) == [("release.changed", "olga changed the release of churn")]
    page, _ = told.notifications.inbox(VERA, limit=9)
    subject = page.items[0].notification.subject
    assert (subject.kind, subject.name, subject.project) == ("model", "churn", "risk")
    assert told.inbox(OLGA) == []


def test_versions_and_rollbacks_of_what_one_follows_are_told(told: Told) -> None:
    told.watching.follow(VERA, "model", "churn")
    told.news.start()
    for action, kind, name in (
        ("version.registered", "version", "churn:2"),
        ("release.rolled_back", "release", "churn"),
    ):
        with told.world.database.transaction() as session:
            told.world.events.record(
                session, OLGA, action, model_subject(kind, name, "churn", project="risk"), after={}
            )
    told.world.alert("churn")  # those have a loop of their own, which knows who answers for them
    assert told.inbox(VERA) == [
        ("version.registered", "olga registered churn:2"),
        ("release.changed", "olga rolled back churn"),
    ]


def test_a_request_is_told_to_those_who_may_decide_it_and_to_no_one_else(told: Told) -> None:
    told.news.start()
    subject = Subject(kind="request", name="r", project="risk")
    with told.world.database.transaction() as session:
        after = {"kind": "access", "role": "caller"}
        told.world.events.record(session, VERA, "request.made", subject, after=after, reason="a report")
    assert told.inbox(OLGA) == [("request.made", "vera asks for access to risk")]
    assert told.inbox(VERA) == []
