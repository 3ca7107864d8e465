"""Deliveries to a real receiver: who gets what, what is tried again, and when a webhook is disabled."""

import json
from datetime import timedelta

from sqlalchemy import select

from tests.support.notifying import KIND, Notifying, Receiver
from tests.support.waiting import wait_until
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.loops.tables import WorkRow
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.webhooks.tables import WebhookRow
from unshelf.manage.webhooks.webhook import Delivery

EVERYTHING = Grant(permissions=frozenset(Permission), scope=INSTALLATION)
ANA = Actor(id="ana", kind="user", label="ana (ana)", grants=(EVERYTHING,))
THING = Subject(kind="thing", name="x", project="credit")


def tell(made: Notifying, database: Database, *people: str, subject: Subject = THING) -> None:
    with database.transaction() as session:
        made.notifications.notify(session, people, subject, kind=KIND.name, title="X changed", body="By bo.")


def deliveries(made: Notifying, webhook: str) -> list[Delivery]:
    return made.webhooks.deliveries(ANA, webhook, limit=100).items


def test_who_is_told_gets_it_signed_and_others_do_not(made: Notifying, database: Database, receiver: Receiver) -> None:
    own, _ = made.webhooks.register(ANA, receiver.url)
    made.webhooks.register(Actor(id="bo", kind="user", label="bo"), receiver.url)
    made.webhooks.register(ANA, receiver.url, kinds=["other.kind"])
    made.loops.start()
    tell(made, database, "ana", subject=Subject(kind="thing", name="x"))
    wait_until(lambda: deliveries(made, own.id)[0].state == "delivered", what="it is delivered")
    assert len(receiver.received) == 1
    _, headers, body = receiver.received[0]
    content = json.loads(body)
    assert (content["kind"], content["title"], content["subject"]["name"]) == (KIND.name, "X changed", "x")
    assert headers["unshelf-delivery"] == content["id"] == deliveries(made, own.id)[0].id
    assert headers["unshelf-signature"].startswith("t=")


def test_what_fails_is_tried_again_with_the_same_body(made: Notifying, database: Database, receiver: Receiver) -> None:
    own, _ = made.webhooks.register(ANA, receiver.url)
    receiver.answers = [(503, {})]
    made.loops.start()
    tell(made, database, "ana")
    wait_until(lambda: deliveries(made, own.id)[0].state == "delivered", what="it is delivered")
    delivery = deliveries(made, own.id)[0]
    assert (delivery.attempts, delivery.status, delivery.error) == (2, 204, "")
    assert receiver.received[0][2] == receiver.received[1][2]
    assert made.webhooks.show(ANA, own.id).failing_since is None


def test_a_webhook_that_failed_for_days_is_disabled_and_its_owner_notified(
    made: Notifying, database: Database, receiver: Receiver
) -> None:
    own, _ = made.webhooks.register(ANA, receiver.url)
    with database.transaction() as session:
        session.get_one(WebhookRow, own.id).failing_since = now() - timedelta(days=6)
    receiver.answers = [(500, {})] * 9
    made.loops.start()
    tell(made, database, "ana")
    wait_until(lambda: made.webhooks.show(ANA, own.id).state == "disabled", what="it is disabled")
    entries = made.notifications.inbox(ANA, limit=10)[0].items
    assert [entry.notification.kind for entry in entries] == ["webhook.disabled", KIND.name]
    assert "500" in entries[0].notification.body
    tell(made, database, "ana")
    assert len(deliveries(made, own.id)) == 1
    assert deliveries(made, own.id)[0].state == "failed"


def test_a_test_is_sent_once_and_also_to_a_disabled_webhook(made: Notifying, receiver: Receiver) -> None:
    own, _ = made.webhooks.register(ANA, receiver.url)
    receiver.answers = [(500, {})]
    made.loops.start()
    made.webhooks.test(ANA, own.id)
    wait_until(lambda: deliveries(made, own.id)[0].state == "failed", what="it failed")
    assert "500" in deliveries(made, own.id)[0].error
    assert made.webhooks.show(ANA, own.id).failing_since is None


def test_a_project_s_webhook_gets_what_is_about_the_project_once(
    made: Notifying, database: Database, receiver: Receiver
) -> None:
    with database.transaction() as session:
        session.add(
            ProjectRow(
                name="credit",
                title="",
                description="",
                priority="normal",
                created_at=now(),
                created_by="x",
                archived_at=None,
            )
        )
    made.webhooks.register(ANA, receiver.url, project="credit")
    made.loops.start()
    tell(made, database, subject=Subject(kind="thing", name="x", project="other"))
    tell(made, database, "bo", "cy")
    wait_until(lambda: receiver.received, what="it arrived")
    wait_until(lambda: not waiting(database), what="nothing waits")
    assert len(receiver.received) == 1


def waiting(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(WorkRow.key).where(WorkRow.loop == "webhooks")))
