"""Forgotten passwords: a link by e-mail, and nothing that tells who has an account."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.notifying import notifying
from unshelf.contracts.errors import Conflict, TooManyRequests
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.claims import Claims
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.notifications.tables import NotificationRow
from unshelf.manage.users.attempts import MOST_FORGOTTEN, LoginAttempts
from unshelf.manage.users.forgotten import ForgottenPasswords
from unshelf.manage.users.link_mails import LinkMails
from unshelf.manage.users.routes import forgotten_router
from unshelf.manage.users.tables import OneTimeLinkRow
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")
PLACE = "https://models.example.org"


@dataclass
class Forgetting:
    people: PeopleParts
    database: Database
    forgotten: ForgottenPasswords
    mails: LinkMails

    def work(self) -> int:
        """Do what waits; returns how much."""
        claims, done = Claims(self.database, owner="test", lease_seconds=60), 0
        while claim := claims.take("forgotten-passwords"):
            self.forgotten.write(claim)
            done += 1
        return done

    def written(self) -> list[str]:
        """The texts that were written."""
        with self.database.read() as session:
            return list(session.scalars(select(NotificationRow.body).order_by(NotificationRow.id)))

    def mailed_link(self) -> str | None:
        """The link that the e-mail has, made as when it is sent."""
        with self.database.transaction() as session:
            return self.mails.letters()["user.password_reset"].link_of(session, self.people.users.find("ada").id)


class Everybody:
    """A mail queue that takes all e-mails and sends none."""

    def reaches(self, *_: object) -> bool:
        return True

    def add(self, *_: object) -> None:
        return None


@pytest.fixture
def forgetting(people: PeopleParts, database: Database, tmp_path: Path) -> Forgetting:
    made = notifying(database, tmp_path)
    notifications: NotificationService = made.notifications
    notifications.send_mail_by(Everybody())
    mails = LinkMails(notifications, PLACE)
    attempts = LoginAttempts(database, EventStore(database))
    forgotten = ForgottenPasswords(database, made.loops, users=people.users, attempts=attempts, mails=mails)
    made.loops.add_all(forgotten.loops())
    people.users.change(ADMIN, "ada", email="ada@example.com", full_name=None)
    return Forgetting(people, database, forgotten, mails)


def test_the_owner_is_written_to_and_sets_a_password_by_the_link(forgetting: Forgetting) -> None:
    forgetting.forgotten.ask("ada", "10.0.0.1")
    assert forgetting.work() == 1
    (text,) = forgetting.written()
    assert "has forgotten the password of your account, ada" in text and "do nothing" in text
    url = forgetting.mailed_link()
    assert url is not None and url.startswith(f"{PLACE}/password?name=ada#")
    forgetting.people.accounts.set_by_link(url.partition("#")[2], "another fine secret")
    forgetting.people.accounts.prove("ada", "another fine secret", "10.0.0.1")
    actions = [(event.action, event.actor_kind) for event in EventStore(forgetting.database).newest(limit=20).items]
    assert ("user.password_forgotten", "anonymous") in actions


def test_the_answer_is_the_same_whoever_is_named(forgetting: Forgetting) -> None:
    forgetting.people.users.change(ADMIN, "grace", email="", full_name=None)
    forgetting.people.users.invite(ADMIN, name="joan", email="joan@example.com")
    call = caller_of(actor("predict"), forgotten_router(forgetting.forgotten))
    answers = [
        call("POST", "/password/forgotten", json={"name": name})
        for name in ("ada", "grace", "joan", "nobody", "Not one!")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(204, "")}
    forgetting.work()
    assert len(forgetting.written()) == 1, "of these, ada alone has a password and an address"


def test_an_account_gets_one_e_mail_in_a_quarter_of_an_hour(forgetting: Forgetting) -> None:
    for _ in range(3):
        forgetting.forgotten.ask("ada", "10.0.0.1")
        forgetting.work()
    assert len(forgetting.written()) == 1
    with forgetting.database.transaction() as session:
        session.execute(update(OneTimeLinkRow).values(created_at=now() - timedelta(minutes=16)))
    forgetting.forgotten.ask("ada", "10.0.0.1")
    forgetting.work()
    assert len(forgetting.written()) == 2


def test_nobody_ends_the_link_that_an_administrator_has_just_made(forgetting: Forgetting) -> None:
    _, shown = forgetting.people.users.make_link(ADMIN, "ada")
    forgetting.forgotten.ask("ada", "10.0.0.1")
    forgetting.work()
    forgetting.people.accounts.set_by_link(shown.secret, "another fine secret")


def test_a_network_that_asks_too_often_waits_and_no_other(forgetting: Forgetting) -> None:
    for index in range(MOST_FORGOTTEN):
        forgetting.forgotten.ask(f"name-{index}", "10.0.0.1")
    with pytest.raises(TooManyRequests):
        forgetting.forgotten.ask("ada", "10.0.0.1")
    forgetting.forgotten.ask("ada", "10.0.0.2")


def test_without_a_mail_server_it_is_said_whom_to_ask(people: PeopleParts, database: Database, tmp_path: Path) -> None:
    attempts = LoginAttempts(database, EventStore(database))
    loops = notifying(database, tmp_path).loops
    none = ForgottenPasswords(database, loops, users=people.users, attempts=attempts, mails=None)
    assert none.loops() == []
    with pytest.raises(Conflict) as refused:
        none.ask("ada", "10.0.0.1")
    assert "users reset" in refused.value.hint
