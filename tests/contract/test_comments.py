"""Comments, watches and activity on every database: who hears of what, and who reads what."""

from collections.abc import Iterator

import pytest

from tests.support.actors import actor
from tests.support.subjects import SubjectWorld, member, person
from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.event import LoggedEvent, Subject, model_subject
from unshelf.manage.activity.service import ActivityService
from unshelf.manage.comments.service import CommentService
from unshelf.manage.watching.service import WatchService
from unshelf.server.backends import load_backend
from unshelf.server.wiring import control

ADMIN = actor(name="admin")
OLGA = member("olga", "risk", "owner")
CARL = member("carl", "risk")
VERA = member("vera", "risk", "viewer")
STEN = person("sten")
PEOPLE = {each.id: each for each in (OLGA, CARL, VERA, STEN)}


class Talk:
    """Comments, watches and activity over one installation."""

    def __init__(self, world: SubjectWorld) -> None:
        self.world = world
        self.gone: set[str] = set()
        self.watching = WatchService(world.database, world.events, world.subjects, self._now)
        self.comments = CommentService(
            world.database, world.events, subjects=world.subjects, watching=self.watching,
            find_user=lambda session, name: f"id-{name}" if f"id-{name}" in PEOPLE else None,
        )  # fmt: skip
        self.activity = ActivityService(world.database, world.subjects)

    def _now(self, actor: Actor) -> Actor | None:
        return None if actor.id in self.gone else PEOPLE.get(actor.id)

    def log(self, who: Actor, action: str, subject: Subject) -> None:
        """Log an event."""
        with self.world.database.transaction() as session:
            self.world.events.record(session, who, action, subject)

    def last(self) -> LoggedEvent:
        """The last event."""
        return self.world.events.newest(limit=1).items[0]

    def hearers(self) -> list[tuple[str, str, bool]]:
        """Whom the last event concerns: label, reason, whether it mentions them."""
        with self.world.database.read() as session:
            watchers = self.watching.watchers_of(session, self.last())
        return [(each.actor.label, each.reason, each.is_mentioned) for each in watchers]


@pytest.fixture
def talk(database_url: str) -> Iterator[Talk]:
    assert control.build_control  # importing it is what makes every wing's tables known
    database: Database = load_backend("database", database_url)(database_url)
    migrate(database)
    world = SubjectWorld(database)
    world.project("risk")
    world.model("churn", "risk", versions=2)
    world.model("iris")
    yield Talk(world)
    database.dispose()


def test_a_comment_reaches_those_it_mentions_and_who_wrote_before(talk: Talk) -> None:
    talk.comments.add(CARL, "model", "churn", "@vera and @nobody: see ops@sten.example, @Olga.")
    assert talk.last().after is not None
    assert talk.last().after["mentions"] == ["id-olga", "id-vera"]  # type: ignore[index]
    assert talk.hearers() == [("olga", "mention", True), ("vera", "mention", True)]
    talk.comments.add(OLGA, "model", "churn", "Fixed.")
    assert talk.hearers() == [("carl", "comment", False), ("vera", "mention", False)]


def test_a_mention_tells_nothing_to_one_who_may_not_see(talk: Talk) -> None:
    talk.comments.add(CARL, "model", "churn", "@sten should know")
    assert talk.hearers() == []
    assert talk.watching.list_of(STEN, limit=9).items == []


def test_the_nearest_watch_decides(talk: Talk) -> None:
    """Given Olga, who follows a project and mutes one of its models, she hears of the project and not of the model."""
    talk.watching.follow(OLGA, "project", "risk")
    talk.log(CARL, "version.registered", model_subject("version", "churn:2", "churn", project="risk"))
    assert talk.hearers() == [("olga", "asked", False)]
    talk.watching.follow(OLGA, "model", "churn", muted=True)
    talk.log(CARL, "version.paused", model_subject("version", "churn:2", "churn", project="risk"))
    assert talk.hearers() == []
    talk.watching.follow(OLGA, "version", "churn@champion")
    talk.log(CARL, "version.paused", model_subject("version", "churn:2", "churn", project="risk"))
    assert talk.hearers() == [("olga", "asked", False)]
    talk.watching.unfollow(OLGA, "version", "churn:2")
    talk.watching.unfollow(OLGA, "model", "churn")
    talk.log(VERA, "release.changed", model_subject("release", "churn", "churn", project="risk"))
    # Who registered a version follows its model.
    assert talk.hearers() == [("carl", "author", False), ("olga", "asked", False)]


def test_an_author_follows_what_they_made_unless_they_muted_it(talk: Talk) -> None:
    talk.log(CARL, "version.registered", model_subject("version", "churn:1", "churn", project="risk"))
    talk.log(OLGA, "tag.added", model_subject("version", "churn:1", "churn", project="risk"))
    assert talk.hearers() == [("carl", "author", False)]
    talk.watching.follow(CARL, "version", "churn:1", muted=True)
    talk.log(CARL, "version.registered", model_subject("version", "churn:1", "churn", project="risk"))
    talk.comments.add(OLGA, "version", "churn:1", "@carl look")
    assert talk.hearers() == []


def test_one_who_left_or_lost_the_right_hears_nothing(talk: Talk) -> None:
    talk.watching.follow(OLGA, "model", "churn")
    talk.watching.follow(VERA, "model", "churn")
    talk.gone.add(VERA.id)
    talk.log(CARL, "model.paused", model_subject("model", "churn", "churn", project="risk"))
    assert talk.hearers() == [("olga", "asked", False)]
    with talk.world.database.transaction() as session:
        place_model(session, "churn", "default")
    talk.log(CARL, "model.paused", model_subject("model", "churn", "churn"))
    assert talk.hearers() == []
    assert talk.watching.list_of(OLGA, limit=9).items == []


def test_what_is_removed_takes_comments_and_watches_along(talk: Talk) -> None:
    comment = talk.comments.add(CARL, "model", "churn", "one")
    talk.comments.edit(CARL, "model", "churn", id=comment.id, text="two")
    with talk.world.database.transaction() as session:
        talk.world.subjects.removed(session, "model", ["churn"])
    assert talk.comments.list_of(CARL, "model", "churn", limit=9).items == []
    assert talk.watching.list_of(CARL, limit=9).items == []


def test_an_edit_keeps_the_text_before_and_a_deletion_keeps_nothing_but_the_place(talk: Talk) -> None:
    first = talk.comments.add(CARL, "model", "churn", "one")
    talk.comments.add(OLGA, "model", "churn", "two")
    talk.comments.edit(CARL, "model", "churn", id=first.id, text="uno")
    talk.comments.edit(CARL, "model", "churn", id=first.id, text="uno")
    assert [each.text for each in talk.comments.texts(VERA, "model", "churn", id=first.id)] == ["one", "uno"]
    with pytest.raises(Forbidden):
        talk.comments.edit(OLGA, "model", "churn", id=first.id, text="not mine")
    with pytest.raises(Forbidden):
        talk.comments.delete(
            CARL, "model", "churn", id=talk.comments.list_of(CARL, "model", "churn", limit=9).items[1].id
        )
    talk.comments.delete(OLGA, "model", "churn", id=first.id)
    talk.comments.delete(OLGA, "model", "churn", id=first.id)
    page = talk.comments.list_of(VERA, "model", "churn", limit=1)
    assert [(each.text, each.author, each.deleted_by) for each in page.items] == [("", "carl", "olga")]
    rest = talk.comments.list_of(VERA, "model", "churn", limit=1, cursor=page.next_cursor)
    assert ([each.text for each in rest.items], rest.next_cursor) == (["two"], None)
    assert talk.comments.texts(VERA, "model", "churn", id=first.id) == []
    with pytest.raises(NotFound):
        talk.comments.edit(CARL, "model", "churn", id=first.id, text="again")
    actions = [each.action for each in reversed(talk.world.events.newest(limit=9).items)]
    assert actions == ["comment.added", "comment.added", "comment.edited", "comment.deleted"]


@pytest.mark.long
def test_viewers_read_and_strangers_find_nothing(talk: Talk) -> None:
    comment = talk.comments.add(CARL, "model", "churn", "one")
    assert [each.text for each in talk.comments.list_of(VERA, "model", "churn", limit=9).items] == ["one"]
    with pytest.raises(Forbidden):
        talk.comments.add(VERA, "model", "churn", "me too")
    for act in (
        lambda: talk.comments.list_of(STEN, "model", "churn", limit=9),
        lambda: talk.comments.add(STEN, "model", "churn", "x"),
        lambda: talk.comments.delete(STEN, "model", "churn", id=comment.id),
        lambda: talk.watching.follow(STEN, "model", "churn"),
        lambda: talk.activity.of(STEN, "model", "churn", limit=9),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotFound):  # by the address of another subject
        talk.comments.delete(ADMIN, "model", "iris", id=comment.id)


def test_activity_of_a_project_is_all_that_belongs_to_it_as_far_as_one_may_see_it(talk: Talk) -> None:
    talk.log(OLGA, "project.changed", Subject(kind="project", name="risk", project="risk"))
    talk.log(CARL, "version.registered", model_subject("version", "churn:1", "churn", project="risk"))
    talk.log(ADMIN, "model.paused", model_subject("model", "iris", "iris"))
    talk.log(ADMIN, "key.created", Subject(kind="key", name="k"))
    assert _actions(talk.activity.of(VERA, "project", "risk", limit=9).items) == [
        "version.registered",
        "project.changed",
    ]
    assert _actions(talk.activity.of(VERA, "model", "churn", limit=9).items) == ["version.registered"]
    assert _actions(talk.activity.of(VERA, "version", "churn:1", limit=9).items) == ["version.registered"]
    assert _actions(talk.activity.of(VERA, "version", "churn:2", limit=9).items) == []
    assert _actions(talk.activity.of_all(VERA, limit=9).items) == ["version.registered", "project.changed"]
    assert _actions(talk.activity.of_all(STEN, limit=9).items) == []
    assert len(talk.activity.of_all(ADMIN, limit=9).items) == 4
    page = talk.activity.of_all(ADMIN, limit=3)
    assert _actions(talk.activity.of_all(ADMIN, limit=3, cursor=page.next_cursor).items) == ["project.changed"]


def _actions(events: list[LoggedEvent]) -> list[str]:
    return [event.action for event in events]
