"""Events go to the webhooks that ask for them, of people who may read all events, from the moment on at which they asked."""

import json

import pytest

from tests.support.actors import actor
from tests.support.notifying import Notifying, Receiver
from tests.support.waiting import wait_until
from unshelf.contracts.errors import Forbidden, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.manage.forwarding.webhooks import WebhookForwarder
from unshelf.manage.webhooks.deliveries import EVENTS_KIND
from unshelf.manage.webhooks.service import WebhookChange

AUDITOR = Actor(
    id="ana",
    kind="user",
    label="ana",
    grants=(Grant(permissions=frozenset({Permission.AUDIT_READ}), scope=INSTALLATION),),
)
BO = Actor(id="bo", kind="user", label="bo")


@pytest.fixture(autouse=True)
def _people(people: dict[str, Actor]) -> None:
    people.update(ana=AUDITOR, bo=BO)


def log(database: Database, *names: str) -> None:
    for name in names:
        with database.transaction() as session:
            EventStore(database).record(session, actor(), "key.created", Subject(kind="key", name=name))
    close_chain(database)


def forwarder(made: Notifying, database: Database) -> WebhookForwarder:
    return WebhookForwarder(database, EventStore(database), made.deliveries, made.notifications.may_read_log)


def test_what_happens_from_then_on_is_sent_in_its_order(
    made: Notifying, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unshelf.manage.forwarding.webhooks._EVENTS_A_DELIVERY", 2)
    log(database, "before")
    made.webhooks.register(AUDITOR, receiver.url, kinds=[EVENTS_KIND])
    made.webhooks.register(AUDITOR, receiver.url)
    close_chain(database)
    sender = forwarder(made, database)
    sender.forward()
    log(database, "k1", "k2", "k3")
    for _ in range(4):
        sender.forward()
    made.loops.start()
    wait_until(lambda: len(receiver.received) == 2, what="both deliveries came")
    bodies = sorted((json.loads(body) for _, _, body in receiver.received), key=lambda body: body["id"])
    assert [[event["subject"] for event in body["events"]] for body in bodies] == [["k1", "k2"], ["k3"]]
    assert {body["kind"] for body in bodies} == {EVENTS_KIND}
    assert all(headers["unshelf-signature"] for _, headers, _ in receiver.received)


def test_a_receiver_that_is_away_fills_no_queue(
    made: Notifying, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unshelf.manage.forwarding.webhooks._EVENTS_A_DELIVERY", 1)
    monkeypatch.setattr("unshelf.manage.forwarding.webhooks._MOST_WAITING", 2)
    own, _ = made.webhooks.register(AUDITOR, receiver.url, kinds=[EVENTS_KIND])
    close_chain(database)
    sender = forwarder(made, database)
    sender.forward()
    log(database, "k1", "k2", "k3", "k4")
    for _ in range(6):
        sender.forward()
    assert len(made.webhooks.deliveries(AUDITOR, own.id, limit=100).items) == 2
    made.loops.start()

    def came() -> list[str]:
        sender.forward()
        return sorted(json.loads(body)["events"][0]["subject"] for _, _, body in receiver.received)

    wait_until(lambda: came() == ["k1", "k2", "k3", "k4"], what="all came")


def test_who_may_not_read_the_log_gets_none_of_it(
    made: Notifying, database: Database, receiver: Receiver, people: dict[str, Actor]
) -> None:
    with pytest.raises(Forbidden):
        made.webhooks.register(BO, receiver.url, kinds=[EVENTS_KIND])
    of_bo, _ = made.webhooks.register(BO, receiver.url)
    with pytest.raises(Forbidden):
        made.webhooks.change(BO, of_bo.id, WebhookChange(kinds=[EVENTS_KIND]))
    with pytest.raises(InvalidInput, match="one's own"):
        made.webhooks.register(actor(), receiver.url, kinds=[EVENTS_KIND], project="credit")
    own, _ = made.webhooks.register(AUDITOR, receiver.url, kinds=[EVENTS_KIND])
    close_chain(database)
    forwarder(made, database).forward()
    log(database, "k1")
    forwarder(made, database).forward()
    people["ana"] = BO  # the role was taken away, with one delivery on its way
    log(database, "k2")
    forwarder(made, database).forward()
    made.loops.start()
    wait_until(
        lambda: [each.state for each in made.webhooks.deliveries(AUDITOR, own.id, limit=9).items] == ["failed"],
        what="the delivery is given up",
    )
    assert receiver.received == []
