"""A webhook and a delivery to it, as services know them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from unshelf.manage.webhooks.formats import WebhookFormat
from unshelf.manage.webhooks.tables import WebhookDeliveryRow, WebhookRow

OwnerKind = Literal["person", "project"]
WebhookState = Literal["active", "disabled"]
DeliveryState = Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, kw_only=True)
class WebhookOwner:
    """The person or project that a webhook belongs to."""

    kind: OwnerKind
    name: str
    """The person's id or the project's name."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """A webhook, without its secret."""

    id: str
    owner: WebhookOwner
    url: str
    kinds: list[str]
    format: WebhookFormat
    state: WebhookState
    disabled_because: str
    failing_since: datetime | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One notification on its way to one webhook."""

    id: str
    kind: str
    state: DeliveryState
    attempts: int
    status: int | None
    error: str
    created_at: datetime
    attempted_at: datetime | None
    next_at: datetime | None


def webhook_of(row: WebhookRow) -> Webhook:
    """The webhook of a row."""
    return Webhook(
        id=row.id, owner=WebhookOwner(kind=cast(OwnerKind, row.owner_kind), name=row.owner), url=row.url, kinds=list(row.kinds),
        format=cast(WebhookFormat, row.format),
        state=cast(WebhookState, row.state), disabled_because=row.disabled_because, failing_since=row.failing_since,
        created_at=row.created_at, created_by=row.created_by,
    )  # fmt: skip


def delivery_of(row: WebhookDeliveryRow) -> Delivery:
    """The delivery of a row."""
    return Delivery(
        id=row.id, kind=row.kind, state=cast(DeliveryState, row.state), attempts=row.attempts, status=row.status,
        error=row.error, created_at=row.created_at, attempted_at=row.attempted_at, next_at=row.next_at,
    )  # fmt: skip
