"""Webhooks and deliveries, from their rows."""

from datetime import UTC, datetime

from unshelf.manage.webhooks.tables import WebhookDeliveryRow, WebhookRow
from unshelf.manage.webhooks.webhook import WebhookOwner, delivery_of, webhook_of

MOMENT = datetime(2026, 5, 1, tzinfo=UTC)
ROW = WebhookRow(
    id="w1", owner_kind="project", owner="credit", url="https://hooks.example.org", kinds=["a.b"], format="slack",
    state="active",
    disabled_because="", failing_since=MOMENT, key_id="k", sealed=b"sealed", created_at=MOMENT, created_by="ana", created_by_id="a",
)  # fmt: skip


def test_a_webhook_knows_its_owner_and_not_its_secret() -> None:
    webhook = webhook_of(ROW)
    assert webhook.owner == WebhookOwner(kind="project", name="credit")
    assert (webhook.url, webhook.failing_since) == ("https://hooks.example.org", MOMENT)
    assert "sealed" not in repr(webhook)


def test_a_delivery_has_its_state_and_not_its_body() -> None:
    row = WebhookDeliveryRow(
        id="d1", webhook="w1", kind="a.b", body="{}", state="waiting", attempts=2, status=503, error="The answer was 503.",
        created_at=MOMENT, attempted_at=MOMENT, next_at=MOMENT,
    )  # fmt: skip
    delivery = delivery_of(row)
    assert (delivery.state, delivery.attempts, delivery.status, delivery.next_at) == ("waiting", 2, 503, MOMENT)
