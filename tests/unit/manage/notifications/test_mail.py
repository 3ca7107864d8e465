"""E-mail by a real SMTP server: what is sent, what is tried again, what is given up."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.notifying import KIND, Mailbox, Notifying, free_port, mail_server, notifying, smtp_options
from tests.support.waiting import wait_until
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.manage.notifications.mail import Undeliverable, mail_of, wait_seconds
from unshelf.manage.notifications.notification import Notification
from unshelf.manage.notifications.tables import NotificationRow

THING = Subject(kind="thing", name="x")
TOLD = Notification(kind="k", title="Grüße", body="Text", link="/models/iris", subject=THING, created_at=now())
PORT = 25


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def made(database: Database, tmp_path: Path, port: int) -> Iterator[Notifying]:
    addresses = {"ana": "ana@example.com", "bo": "bo@example.com", "odd": "a,b c@example.com"}
    made = notifying(database, tmp_path, smtp=smtp_options(port), addresses=addresses)
    yield made
    made.loops.stop()


def tell(made: Notifying, database: Database, *people: str) -> None:
    with database.transaction() as session:
        made.notifications.notify(session, people, THING, kind=KIND.name, title="X changed", body="By bo.")


def states(database: Database) -> dict[str, str | None]:
    with database.read() as session:
        return {row.recipient: row.mail for row in session.scalars(select(NotificationRow))}


def test_a_mail_has_what_mail_programs_need() -> None:
    mail = mail_of("01ID", TOLD, "ana@example.com", smtp_options(PORT), "https://models.example.org")
    assert (mail["From"], mail["To"]) == ("Unshelf <unshelf@example.org>", "ana@example.com")
    assert (mail["Subject"], mail["Message-ID"]) == ("Grüße", "<01ID@example.org>")
    assert mail.get_content().startswith(
        "Text\r\n\r\nhttps://models.example.org/models/iris"
    ) or mail.get_content().startswith("Text\n\nhttps://models.example.org/models/iris")


@pytest.mark.parametrize("address", ["a,b c@example.com", "a@b\r\nBcc: c@d.example", "ana", ""])
def test_an_address_that_is_none_injects_nothing(address: str) -> None:
    with pytest.raises(Undeliverable):
        mail_of("01ID", TOLD, address, smtp_options(PORT))


def test_who_has_an_address_gets_one_mail_each(made: Notifying, database: Database, port: int) -> None:
    with mail_server(Mailbox(), port) as mailbox:
        made.loops.start()
        tell(made, database, "ana", "bo", "nobody", "odd")
        wait_until(lambda: "waiting" not in states(database).values(), what="all are settled")
    assert states(database) == {"ana": "sent", "bo": "sent", "nobody": None, "odd": "failed"}
    assert sorted(mailbox.envelopes) == [["ana@example.com"], ["bo@example.com"]]


def test_a_server_that_is_away_gets_it_once_it_is_back(made: Notifying, database: Database, port: int) -> None:
    made.loops.start()
    tell(made, database, "ana")

    def error() -> str:
        with database.read() as session:
            return next(iter(session.scalars(select(NotificationRow)))).mail_error

    wait_until(error, what="an attempt failed")
    assert states(database) == {"ana": "waiting"}
    with mail_server(Mailbox(), port) as mailbox:
        wait_until(lambda: states(database)["ana"] == "sent", what="it is sent")
    assert [mail["To"] for mail in mailbox.received] == ["ana@example.com"]
    assert error() == ""


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    made: Notifying, database: Database, port: int
) -> None:
    mailbox = Mailbox()
    mailbox.refusals = {"ana@example.com": ["451 later"], "bo@example.com": ["550 unknown"] * 9}
    with mail_server(mailbox, port):
        made.loops.start()
        tell(made, database, "ana", "bo")
        wait_until(lambda: states(database) == {"ana": "sent", "bo": "failed"}, what="both are settled")
    assert len(mailbox.refusals["bo@example.com"]) == 8
    assert len(mailbox.received) == 1


def test_what_could_not_be_sent_for_days_is_given_up(made: Notifying, database: Database) -> None:
    tell(made, database, "ana")
    with database.transaction() as session:
        for row in session.scalars(select(NotificationRow)):
            row.created_at = now() - timedelta(days=6)
    made.loops.start()
    wait_until(lambda: states(database) == {"ana": "failed"}, what="it is given up")


def test_waits_grow_up_to_hours() -> None:
    assert [wait_seconds(attempts) for attempts in (1, 2, 3, 10, 50)] == [1.0, 2.0, 4.0, 512.0, 21_600.0]
