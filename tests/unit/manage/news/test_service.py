"""News are told once an event, with the position in the log."""

from pathlib import Path

from tests.support.notifying import notifying
from tests.support.subjects import SubjectWorld, member, subject_world
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import model_subject
from unshelf.manage.news.service import NewsService
from unshelf.manage.watching.service import WatchService

VERA = member("vera", "risk", "viewer")
OLGA = member("olga", "risk", "owner")


def release(world: SubjectWorld) -> None:
    """Have olga release a version of churn."""
    subject = model_subject("release", "churn", "churn", project="risk")
    with world.database.transaction() as session:
        world.events.record(session, OLGA, "release.changed", subject, after={"release": []})
    close_chain(world.database)


def test_who_follows_is_told_of_events_after_the_start_once(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        people = {each.id: each for each in (VERA, OLGA)}
        made = notifying(world.database, tmp_path, subjects=world.subjects, people=people)
        watching = WatchService(world.database, world.events, world.subjects, lambda actor: people.get(actor.id))
        news = NewsService(
            world.database, world.events, subjects=world.subjects, watching=watching, notifications=made.notifications,
            deciders=lambda _session, _request: [], comment_text=lambda _session, _comment: None,
        )  # fmt: skip
        watching.follow(VERA, "project", "risk")
        watching.follow(VERA, "model", "churn")
        watching.follow(OLGA, "model", "churn")
        release(world)
        news.start()
        news.tell()
        assert made.notifications.inbox(VERA, limit=9)[1] == 0
        release(world)
        news.start()
        for _ in range(2):
            news.tell()
        page, unread = made.notifications.inbox(VERA, limit=9)
        told = page.items[0].notification
        assert (unread, told.kind, told.title) == (1, "release.changed", "olga changed the release of churn")
        assert (told.subject.kind, told.subject.name, told.subject.project) == ("model", "churn", "risk")
        assert made.notifications.inbox(OLGA, limit=9)[1] == 0
