"""Webhooks on the wire. A secret goes out once, and never again."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.webhooks.formats import WebhookFormat
from unshelf.manage.webhooks.webhook import Webhook


class WebhookRequest(RequestModel):
    """A webhook to register."""

    url: str = Field(examples=["https://hooks.example.org/unshelf"])
    """Where to send: https, or http to a host that the operator lists."""
    kinds: list[str] = Field(default_factory=list)
    """The kinds of notification to send; empty: all."""
    format: WebhookFormat = "unshelf"
    """The shape of the JSON: `unshelf`, or `slack` for the incoming webhooks of Slack and of what takes the same."""


class WebhookChangeRequest(RequestModel):
    """Changes of a webhook; what is left out stays."""

    url: str | None = None
    """Where to send."""
    kinds: list[str] | None = None
    """The kinds of notification to send; empty: all."""
    format: WebhookFormat | None = None
    """The shape of the JSON."""
    state: Literal["active", "disabled"] | None = None
    """`disabled`: nothing is sent; `active`: it begins anew."""


class WebhookView(AnswerModel):
    """A webhook, without its secret."""

    id: str
    """The id of the webhook."""
    project: str | None
    """The project whose notifications it gets; null: it is one's own."""
    url: str
    """Where it leads."""
    kinds: list[str]
    """The kinds of notification that it gets; empty: all."""
    format: WebhookFormat
    """The shape of the JSON that it gets."""
    state: Literal["active", "disabled"]
    """Whether anything is sent."""
    disabled_because: str
    """The last failure of one that was disabled because it failed for too long; else empty."""
    failing_since: datetime | None
    """The first failure after the last delivery that arrived; null: it works, as far as is known."""
    created_at: datetime
    """When it was registered."""
    created_by: str
    """The label of the actor who registered it."""


class NewWebhook(WebhookView):
    """A webhook that was just registered."""

    secret: str
    """The key that its requests are signed with; it is shown this once."""


class WebhookList(AnswerModel):
    """Webhooks, the newest first."""

    webhooks: list[WebhookView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class DeliveryView(AnswerModel):
    """A notification on its way to a webhook."""

    id: str
    """The id of the delivery, which its receiver gets too."""
    kind: str
    """The kind of notification; `test` where somebody tried the webhook."""
    state: Literal["waiting", "delivered", "failed"]
    """`waiting`: it is sent now or later; `failed`: it is not tried any more."""
    attempts: int
    """How often it was sent."""
    status: int | None
    """The HTTP status of the last answer; null: there was none."""
    error: str
    """Why the last attempt failed; empty: it did not."""
    created_at: datetime
    """When it began to wait."""
    attempted_at: datetime | None
    """When it was sent last."""
    next_at: datetime | None
    """When it is tried again."""


class DeliveryList(AnswerModel):
    """Deliveries to a webhook, the newest first."""

    deliveries: list[DeliveryView]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


def webhook_view(webhook: Webhook) -> WebhookView:
    """Show a webhook."""
    return WebhookView(
        id=webhook.id, project=webhook.owner.name if webhook.owner.kind == "project" else None, url=webhook.url,
        kinds=webhook.kinds, format=webhook.format, state=webhook.state, disabled_because=webhook.disabled_because,
        failing_since=webhook.failing_since, created_at=webhook.created_at, created_by=webhook.created_by,
    )  # fmt: skip
