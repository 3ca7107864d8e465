"""Notifications: who gets them by which way, and whose an inbox is."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.notifying import KIND, Notifying, notifying
from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.manage.notifications.notification import DEFAULT_CHOICE, Channels

ANA = Actor(id="ana", kind="user", label="ana (ana)")
BO = Actor(id="bo", kind="user", label="bo (bo)")
THING = Subject(kind="thing", name="x", project="credit")


@pytest.fixture
def made(database: Database, tmp_path: Path) -> Notifying:
    return notifying(database, tmp_path)


def tell(made: Notifying, database: Database, *people: str, title: str = "X changed", **more: str) -> None:
    with database.transaction() as session:
        made.notifications.notify(session, people, THING, kind=KIND.name, title=title, **more)


def titles(made: Notifying, who: Actor, *, unread: bool = False) -> list[str]:
    page, _ = made.notifications.inbox(who, unread=unread, limit=100)
    return [entry.notification.title for entry in page.items]


def test_each_sees_their_own_notifications_alone_and_once(made: Notifying, database: Database) -> None:
    tell(made, database, "ana", "bo", "ana")
    tell(made, database, "bo", title="later")
    assert titles(made, ANA) == ["X changed"]
    assert titles(made, BO) == ["later", "X changed"]


def test_what_is_read_is_not_counted_and_one_marks_only_one_s_own(made: Notifying, database: Database) -> None:
    tell(made, database, "ana", "bo")
    tell(made, database, "ana", title="later")
    page, unread = made.notifications.inbox(ANA, limit=1)
    assert (len(page.items), unread) == (1, 2)
    assert made.notifications.mark_read(BO, [page.items[0].id]) == 0
    assert made.notifications.mark_read(ANA, [page.items[0].id]) == 1
    assert titles(made, ANA, unread=True) == ["X changed"]
    assert made.notifications.mark_read(ANA, None) == 1
    assert (titles(made, ANA, unread=True), len(titles(made, ANA))) == ([], 2)
    assert titles(made, BO, unread=True) == ["X changed"]


def test_a_change_that_fails_tells_nobody(made: Notifying, database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        made.notifications.notify(session, ["ana"], THING, kind=KIND.name, title="never")
        raise RuntimeError
    assert titles(made, ANA) == []


def test_a_choice_for_a_kind_goes_before_the_default_one(made: Notifying, database: Database) -> None:
    nothing = Channels(inbox=False, email=False, webhook=False)
    made.notifications.choose(ANA, DEFAULT_CHOICE, nothing)
    tell(made, database, "ana", "bo")
    assert (titles(made, ANA), titles(made, BO)) == ([], ["X changed"])
    made.notifications.choose(ANA, KIND.name, Channels())
    tell(made, database, "ana", title="later")
    assert titles(made, ANA) == ["later"]
    chosen = {each.kind: (each.channels.inbox, each.chosen) for each in made.notifications.choices(ANA)}
    assert chosen == {"default": (False, True), "thing.changed": (True, True), "webhook.disabled": (False, False)}
    made.notifications.unchoose(ANA, KIND.name)
    tell(made, database, "ana", title="not told")
    assert titles(made, ANA) == ["later"]


def test_a_kind_that_there_is_not_is_neither_chosen_nor_sent(made: Notifying, database: Database) -> None:
    with pytest.raises(NotFound, match="no kind"):
        made.notifications.choose(ANA, "other", Channels())
    with pytest.raises(NotFound, match="no kind"):
        made.notifications.unchoose(ANA, "other")
    with pytest.raises(ValueError, match="other"), database.transaction() as session:
        made.notifications.notify(session, ["ana"], THING, kind="other", title="never")


@pytest.mark.parametrize("link", ["https://evil.example", "//evil.example", "javascript:x", "/" + "x" * 500])
def test_a_link_leads_to_this_server(made: Notifying, database: Database, link: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        tell(made, database, "ana", link=link)


def test_names_of_strangers_do_no_harm_in_titles_and_texts(made: Notifying, database: Database) -> None:
    tell(made, database, "ana", title="a\r\nBcc: x@y\x1b[31m\0" + "é" * 300, body="one\0\x1b[2J\r\ntwo")
    entry = made.notifications.inbox(ANA, limit=1)[0].items[0].notification
    assert entry.title.startswith("a Bcc: x@y [31m éé") and len(entry.title) == 200
    assert entry.body == "one  [2J\ntwo"


def test_what_is_too_old_is_forgotten(made: Notifying, database: Database) -> None:
    tell(made, database, "ana")
    made.notifications.prune(1)
    assert len(titles(made, ANA)) == 1
    made.notifications.prune(-1)
    assert titles(made, ANA) == []


def test_a_token_with_bounds_reads_what_it_is_good_for_and_chooses_nothing(made: Notifying, database: Database) -> None:
    tell(made, database, "ana")
    part = replace(ANA, bounds=())
    assert titles(made, part) == []
    assert made.notifications.mark_read(part, None) == 0
    for act in (
        lambda: made.notifications.choose(part, KIND.name, Channels()),
        lambda: made.notifications.unchoose(part, KIND.name),
    ):
        with pytest.raises(Forbidden, match="good for a part"):
            act()
    assert titles(made, ANA, unread=True) == ["X changed"]
