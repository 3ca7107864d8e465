"""Notifications are kept, paged and sent on every database in the same way, whichever process goes on with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.support.notifying import (
    KIND,
    Mailbox,
    Notifying,
    free_port,
    mail_server,
    notifying,
    smtp_options,
    webhook_receiver,
)
from tests.support.subjects import member, person
from tests.support.waiting import wait_until
from unshelf.deploy.registry.subjects import model_kind
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.event import Subject
from unshelf.foundation.subjects import Subjects
from unshelf.manage.notifications.notification import Channels, NotificationKind
from unshelf.manage.notifications.tables import NotificationRow
from unshelf.server.backends import load_backend

ANA = Actor(id="ana", kind="user", label="ana (ana)")
THING = Subject(kind="thing", name="x")
OF_SUBJECT = NotificationKind(name="model.news", description="A model has news.", of_subject=True)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened: Database = load_backend("database", database_url)(database_url)
    migrate(opened)
    yield opened
    opened.dispose()


def tell(made: Notifying, database: Database, *people: str, title: str = "X changed") -> None:
    with database.transaction() as session:
        made.notifications.notify(session, people, THING, kind=KIND.name, title=title, body="\N{SNOWMAN}")


def test_an_inbox_is_paged_counted_and_read(database: Database, tmp_path: Path) -> None:
    made = notifying(database, tmp_path)
    made.notifications.choose(ANA, KIND.name, Channels(inbox=True, email=False, webhook=False))
    made.notifications.choose(ANA, KIND.name, Channels(inbox=True, email=True, webhook=False))
    for number in range(5):
        tell(made, database, "ana", "bo", title=f"{number}")
    first, unread = made.notifications.inbox(ANA, limit=2)
    rest, _ = made.notifications.inbox(ANA, limit=9, cursor=first.next_cursor)
    assert [entry.notification.title for entry in [*first.items, *rest.items]] == ["4", "3", "2", "1", "0"]
    assert (unread, first.items[0].notification.body) == (5, "\N{SNOWMAN}")
    assert made.notifications.mark_read(ANA, [entry.id for entry in first.items]) == 2
    assert made.notifications.inbox(ANA, unread=True, limit=9)[1] == 3
    made.notifications.prune(-1)
    assert made.notifications.inbox(ANA, limit=9)[0].items == []


def test_what_one_control_stored_another_sends_once_servers_are_back(database: Database, tmp_path: Path) -> None:
    """Given a mail server and a receiver that are away, and two controls of which the first one ends, then each gets it once."""
    port = free_port()
    with webhook_receiver() as receiver:
        receiver.answers = [(503, {})] * 2
        options = {"smtp": smtp_options(port), "addresses": {"ana": "ana@example.com"}, "hosts": ("127.0.0.1",)}
        first, second = (notifying(database, tmp_path, owner=name, **options) for name in ("first", "second"))  # type: ignore[arg-type]
        own, _ = first.webhooks.register(ANA, receiver.url)
        first.loops.start()
        tell(first, database, "ana")
        wait_until(lambda: receiver.received, what="the receiver was asked in vain")
        first.loops.stop()
        second.loops.start()
        with mail_server(Mailbox(), port) as mailbox:
            wait_until(lambda: mailbox.received, what="the mail arrived")
            wait_until(
                lambda: second.webhooks.deliveries(ANA, own.id, limit=9).items[0].state == "delivered",
                what="it arrived",
            )
            second.loops.stop()
        assert len(mailbox.received) == 1
        assert len({headers["unshelf-delivery"] for _, headers, _ in receiver.received}) == 1


def test_who_lost_the_right_while_the_servers_were_away_gets_nothing_from_them(
    database: Database, tmp_path: Path
) -> None:
    """Given people who are told of a model while their servers are away, and one who may not see it any more, only the other
    one gets the mail and the webhook once the servers are there."""
    port = free_port()
    subjects, people = Subjects(), {name: member(name, "risk") for name in ("ana", "bo")}
    subjects.register(model_kind())
    by_id = {each.id: each for each in people.values()}
    addresses = {each.id: f"{name}@example.com" for name, each in people.items()}
    model = Subject(kind="model", name="churn", model="churn", project="risk")
    with webhook_receiver() as receiver:
        receiver.answers = [(503, {})] * 2
        made = notifying(
            database, tmp_path, smtp=smtp_options(port), addresses=addresses, hosts=("127.0.0.1",), subjects=subjects,
            people=by_id,
        )  # fmt: skip
        made.notifications.register(OF_SUBJECT)
        with database.transaction() as session:
            session.add(ModelRow(name="churn", last_version=0, paused=False, created_at=now()))
            place_model(session, "churn", "risk")
        hooks = {name: made.webhooks.register(each, receiver.url)[0] for name, each in people.items()}
        with database.transaction() as session:
            made.notifications.notify(session, list(by_id), model, kind=OF_SUBJECT.name, title="It drifts")
        made.loops.start()
        wait_until(lambda: len(receiver.received) == 2, what="the receiver was asked in vain")
        by_id[people["bo"].id] = person("bo")
        with mail_server(Mailbox(), port) as mailbox:
            states = {
                name: wait_until(
                    lambda name=name: [  # type: ignore[misc]
                        each.state
                        for each in made.webhooks.deliveries(people[name], hooks[name].id, limit=9).items
                        if each.state != "waiting"
                    ],
                    what=f"the webhook of {name} is settled",
                )
                for name in people
            }
            wait_until(lambda: mailbox.received, what="ana's mail arrived")
            made.loops.stop()
        assert states == {"ana": ["delivered"], "bo": ["failed"]}
        assert [mail["To"] for mail in mailbox.received] == ["ana@example.com"]
    assert made.notifications.inbox(by_id[people["bo"].id], limit=9)[0].items == []
    assert made.notifications.inbox(people["ana"], limit=9)[1] == 1


def _mails_in_vain(database: Database) -> int:
    """Count the e-mails that wait for their next attempt."""
    waiting = select(func.count()).where(NotificationRow.mail == "waiting", NotificationRow.mail_error != "")
    with database.read() as session:
        return session.scalar(waiting) or 0
