"""Webhooks: whose they are, who may see and change them, and where their secrets are."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.notifying import Notifying, Receiver, notifying
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import SYSTEM, Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.tables import EventRow
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.webhooks.service import WebhookChange
from unshelf.manage.webhooks.tables import WebhookRow

URL = "https://hooks.example.org/unshelf?key=a-secret-of-the-receiver"
OWNED = (
    Grant(permissions=frozenset({Permission.PROJECT_READ, Permission.PROJECT_MANAGE}), scope=project_scope("credit")),
)
ANA = Actor(id="ana", kind="user", label="ana (ana)")
OLGA = Actor(id="olga", kind="user", label="olga (olga)", grants=OWNED)
KEY = Actor(id="k1", kind="service_account", label="ci (k1)", grants=OWNED)


@pytest.fixture(autouse=True)
def _credit(database: Database) -> None:
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


def test_a_secret_is_returned_once_and_stored_sealed(made: Notifying, database: Database) -> None:
    _, secret = made.webhooks.register(ANA, URL)
    assert secret.startswith("whsec_") and len(secret) > 40
    with database.read() as session:
        row = session.scalars(select(WebhookRow)).one()
        events = [(event.action, event.subject_kind, str(event.after)) for event in session.scalars(select(EventRow))]
    assert secret.encode() not in row.sealed
    assert [event[:2] for event in events] == [("webhook.registered", "webhook")]
    assert secret not in str(events) and "a-secret-of-the-receiver" not in str(events)


def test_one_s_own_webhooks_are_seen_by_nobody_else(made: Notifying) -> None:
    own, _ = made.webhooks.register(ANA, URL)
    assert [each.id for each in made.webhooks.list_of(ANA, limit=10).items] == [own.id]
    assert made.webhooks.list_of(OLGA, limit=10).items == []
    for act in (
        lambda: made.webhooks.show(OLGA, own.id),
        lambda: made.webhooks.change(OLGA, own.id, WebhookChange(url=URL)),
        lambda: made.webhooks.delete(OLGA, own.id),
        lambda: made.webhooks.test(OLGA, own.id),
        lambda: made.webhooks.deliveries(OLGA, own.id, limit=1),
    ):
        with pytest.raises(NotFound, match="not yours"):
            act()


def test_a_project_s_webhooks_are_for_who_may_manage_it(made: Notifying) -> None:
    ours, _ = made.webhooks.register(OLGA, URL, project="credit")
    assert made.webhooks.show(KEY, ours.id) == ours
    with pytest.raises(NotFound):
        made.webhooks.show(ANA, ours.id)
    with pytest.raises(NotFound):
        made.webhooks.register(ANA, URL, project="credit")
    with pytest.raises(Forbidden):
        made.webhooks.register(KEY, URL)
    assert made.webhooks.list_of(OLGA, project="credit", limit=10).items == [ours]
    made.webhooks.delete(KEY, ours.id)
    assert made.webhooks.list_of(OLGA, project="credit", limit=10).items == []


def test_a_webhook_is_changed_disabled_and_enabled(made: Notifying) -> None:
    own, _ = made.webhooks.register(ANA, URL)
    changed = made.webhooks.change(ANA, own.id, WebhookChange(url="https://other.example.org", kinds=["a.b"]))
    assert (changed.url, changed.kinds, changed.state) == ("https://other.example.org", ["a.b"], "active")
    assert made.webhooks.change(ANA, own.id, WebhookChange(state="disabled")).state == "disabled"
    assert made.webhooks.change(ANA, own.id, WebhookChange(state="active")).state == "active"


@pytest.mark.parametrize("kinds", [[""], ["x" * 65], ["k"] * 51])
def test_what_a_webhook_can_not_be_changes_nothing(made: Notifying, kinds: list[str]) -> None:
    own, _ = made.webhooks.register(ANA, URL)
    with pytest.raises(InvalidInput):
        made.webhooks.register(ANA, "https://10.0.0.1/")
    with pytest.raises(InvalidInput):
        made.webhooks.change(ANA, own.id, WebhookChange(url="http://example.org"))
    with pytest.raises(InvalidInput):
        made.webhooks.change(ANA, own.id, WebhookChange(kinds=kinds))
    with pytest.raises(InvalidInput):
        made.webhooks.register(ANA, URL, kinds=kinds)
    assert made.webhooks.list_of(ANA, limit=10).items == [own]


def test_nobody_has_hundreds(made: Notifying) -> None:
    for _ in range(20):
        made.webhooks.register(ANA, URL)
    with pytest.raises(Conflict, match="too many"):
        made.webhooks.register(ANA, URL)
    made.webhooks.register(OLGA, URL)


def test_the_webhooks_of_who_leaves_are_deleted(made: Notifying, database: Database) -> None:
    own, _ = made.webhooks.register(ANA, URL)
    kept, _ = made.webhooks.register(OLGA, URL, project="credit")
    made.webhooks.test(ANA, own.id)
    for person in ("ana", "olga"):
        with database.transaction() as session:
            made.webhooks.delete_own(session, SYSTEM, person)
    assert made.webhooks.list_of(ANA, limit=10).items == []
    assert made.webhooks.show(OLGA, kept.id) == kept


def test_secrets_are_sealed_anew_with_the_first_key(
    made: Notifying, database: Database, tmp_path: Path, receiver: Receiver
) -> None:
    own, _ = made.webhooks.register(ANA, receiver.url)
    keys = tmp_path / "secrets-key"
    old = keys.read_text()
    keys.unlink()
    notifying(database, tmp_path).webhooks.register(OLGA, URL, project="credit")
    new = keys.read_text()
    keys.write_text(new + old)
    made.webhooks.reseal()
    keys.write_text(new)
    with database.read() as session:
        assert {row.key_id for row in session.scalars(select(WebhookRow))} == {new.split()[0]}
    assert made.webhooks.show(ANA, own.id).url == receiver.url


def test_a_token_for_a_part_of_what_its_owner_may_do_has_no_webhooks_of_its_owner(made: Notifying) -> None:
    part = replace(ANA, bounds=OWNED)
    own, _ = made.webhooks.register(ANA, URL)
    for act in (
        lambda: made.webhooks.register(part, URL),
        lambda: made.webhooks.list_of(part, limit=10),
        lambda: made.webhooks.change(part, own.id, WebhookChange(url="https://elsewhere.example.org/")),
        lambda: made.webhooks.test(part, own.id),
    ):
        with pytest.raises(Forbidden, match="good for a part"):
            act()
    assert made.webhooks.register(replace(OLGA, bounds=OWNED), URL, project="credit")
