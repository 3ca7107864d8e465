"""Invitations and resets of passwords by e-mail: to a real mail server, with a link of their own that is stored nowhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.actors import actor
from tests.support.notifying import Mailbox, Notifying, free_port, mail_server, notifying, smtp_options
from tests.support.waiting import wait_until
from unshelf.contracts.errors import NotFound
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.notifications.mail import MailQueue
from unshelf.manage.notifications.tables import NotificationRow
from unshelf.manage.users.link_mails import LinkMails
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")
PASSWORD = "correct horse battery"
PLACE = "https://models.example.org"


@dataclass
class Inviting:
    people: PeopleParts
    made: Notifying
    mailbox: Mailbox
    database: Database

    def link_to(self, address: str) -> str:
        """The newest link that was mailed to an address, once all that waits is sent or failed."""
        wait_until(lambda: "waiting" not in self.states(), what="all are settled")
        *_, mail = (each for each in self.mailbox.received if each["To"] == address)
        return str(re.findall(r"https://\S+#(\S+)", mail.get_content())[-1])

    def states(self) -> list[str | None]:
        with self.database.read() as session:
            return list(session.scalars(select(NotificationRow.mail).order_by(NotificationRow.id)))


@pytest.fixture
def inviting(people: PeopleParts, database: Database, tmp_path: Path) -> Iterator[Inviting]:
    port = free_port()
    made = notifying(database, tmp_path)
    mail = MailQueue(
        database, made.loops, smtp_options(port), people.users.email_of, may_hear=made.notifications.may_hear,
        public_url=PLACE,
    )  # fmt: skip
    made.notifications.send_mail_by(mail)
    made.loops.add(mail.loop())
    links = LinkMails(made.notifications, PLACE + "/")
    for kind, letter in links.letters().items():
        mail.add_letter(kind, letter)
    people.users.mail_links_by(links.post)
    with mail_server(Mailbox(), port) as mailbox:
        made.loops.start()
        yield Inviting(people, made, mailbox, database)
        made.loops.stop()


def test_who_is_invited_gets_a_link_that_works_beside_the_one_that_was_shown(inviting: Inviting) -> None:
    users, accounts = inviting.people.users, inviting.people.accounts
    _, shown = users.invite(ADMIN, name="joan", email="joan@example.com")
    assert shown.is_mailed
    mailed = inviting.link_to("joan@example.com")
    (mail,) = inviting.mailbox.received
    assert f"{PLACE}/password?name=joan#{mailed}" in mail.get_content() and "choices" not in mail.get_content()
    assert mailed != shown.secret
    accounts.set_by_link(mailed, PASSWORD)
    assert users.find("joan").status == "active"
    for ended in (shown.secret, mailed):
        with pytest.raises(NotFound):
            accounts.set_by_link(ended, PASSWORD)


def test_the_link_is_stored_nowhere(inviting: Inviting) -> None:
    inviting.people.users.invite(ADMIN, name="joan", email="joan@example.com")
    mailed = inviting.link_to("joan@example.com")
    with inviting.database.read() as session:
        rows = list(session.scalars(select(NotificationRow)))
    assert [(row.kind, row.in_inbox, row.link) for row in rows] == [("user.invited", False, "")]
    assert mailed not in rows[0].body


def test_a_new_invitation_ends_what_was_mailed_before(inviting: Inviting) -> None:
    users, accounts = inviting.people.users, inviting.people.accounts
    users.invite(ADMIN, name="joan", email="joan@example.com")
    first = inviting.link_to("joan@example.com")
    users.make_link(ADMIN, "joan")
    second = inviting.link_to("joan@example.com")
    with pytest.raises(NotFound):
        accounts.set_by_link(first, PASSWORD)
    accounts.set_by_link(second, PASSWORD)


def test_another_address_gets_its_own_link_and_the_one_of_before_is_good_for_nothing(inviting: Inviting) -> None:
    users, accounts = inviting.people.users, inviting.people.accounts
    users.invite(ADMIN, name="joan", email="stranger@example.com")
    wrong = inviting.link_to("stranger@example.com")
    users.change(ADMIN, "joan", email="joan@example.com", full_name=None)
    right = inviting.link_to("joan@example.com")
    with pytest.raises(NotFound):
        accounts.set_by_link(wrong, PASSWORD)
    accounts.set_by_link(right, PASSWORD)
    users.change(ADMIN, "joan", email="joan@example.net", full_name=None)
    assert len(inviting.states()) == 2


def test_without_an_address_the_link_is_handed_over_alone(inviting: Inviting) -> None:
    _, link = inviting.people.users.invite(ADMIN, name="joan")
    assert (link.is_mailed, inviting.states()) == (False, [])


def test_who_joined_before_the_e_mail_went_out_gets_none(
    people: PeopleParts, database: Database, inviting: Inviting
) -> None:
    inviting.mailbox.refusals["joan@example.com"] = ["451 later"]
    _, shown = people.users.invite(ADMIN, name="joan", email="joan@example.com")
    wait_until(lambda: not inviting.mailbox.refusals["joan@example.com"], what="the first attempt")
    people.accounts.set_by_link(shown.secret, PASSWORD)
    wait_until(lambda: inviting.states() != ["waiting"], what="it is settled")
    assert (inviting.states(), inviting.mailbox.received) == (["failed"], [])


def test_a_server_that_does_not_know_its_address_writes_to_nobody(
    people: PeopleParts, database: Database, tmp_path: Path
) -> None:
    people.users.mail_links_by(LinkMails(notifying(database, tmp_path).notifications, "").post)
    _, link = people.users.invite(ADMIN, name="joan", email="joan@example.com")
    assert not link.is_mailed


def joined(inviting: Inviting, email: str = "joan@example.com") -> None:
    _, link = inviting.people.users.invite(ADMIN, name="joan")
    inviting.people.accounts.set_by_link(link.secret, PASSWORD)
    inviting.people.users.change(ADMIN, "joan", email=email, full_name=None)


def test_who_needs_another_password_gets_a_link_beside_the_one_that_was_shown(inviting: Inviting) -> None:
    joined(inviting)
    _, shown = inviting.people.users.make_link(ADMIN, "joan")
    mailed = inviting.link_to("joan@example.com")
    (mail,) = inviting.mailbox.received
    assert (shown.kind, shown.is_mailed, mailed != shown.secret) == ("reset", True, True)
    assert mail["Subject"] == "A new password for Unshelf" and "admin" in mail.get_content()
    inviting.people.accounts.prove("joan", PASSWORD, "192.0.2.1")
    inviting.people.accounts.set_by_link(mailed, PASSWORD + "!")
    inviting.people.accounts.prove("joan", PASSWORD + "!", "192.0.2.1")
    for ended in (shown.secret, mailed):
        with pytest.raises(NotFound):
            inviting.people.accounts.set_by_link(ended, PASSWORD)
    actions = [event.action for event in EventStore(inviting.database).newest(limit=20).items]
    assert actions.count("user.password_reset") == 1 and actions.count("user.joined") == 1


def test_a_new_reset_and_another_address_end_what_was_mailed_before(inviting: Inviting) -> None:
    joined(inviting)
    users, accounts = inviting.people.users, inviting.people.accounts
    users.make_link(ADMIN, "joan")
    first = inviting.link_to("joan@example.com")
    users.make_link(ADMIN, "joan")
    second = inviting.link_to("joan@example.com")
    with pytest.raises(NotFound):
        accounts.set_by_link(first, PASSWORD)
    users.change(ADMIN, "joan", email="joan@example.net", full_name=None)
    with pytest.raises(NotFound):
        accounts.set_by_link(second, PASSWORD)


def test_a_link_to_set_another_password_ends_with_the_account(inviting: Inviting) -> None:
    joined(inviting)
    inviting.people.users.make_link(ADMIN, "joan")
    mailed = inviting.link_to("joan@example.com")
    inviting.people.users.deactivate(ADMIN, "joan", leave=True)
    with pytest.raises(NotFound):
        inviting.people.accounts.set_by_link(mailed, PASSWORD)
