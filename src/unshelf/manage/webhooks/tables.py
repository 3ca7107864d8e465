"""The tables of webhooks and of what was sent to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class WebhookRow(Base):
    """One webhook."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_owner", "owner_kind", "owner"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner_kind: Mapped[str] = mapped_column(String(16))
    """person or project."""
    owner: Mapped[str] = mapped_column(String(200))
    """The person's id or the project's name."""
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[Any]] = mapped_column(JSON)
    """The kinds of notification that it gets; empty: all."""
    format: Mapped[str] = mapped_column(String(16), default="unshelf", server_default="unshelf")
    """formats.WebhookFormat."""
    state: Mapped[str] = mapped_column(String(16))
    """active or disabled."""
    disabled_because: Mapped[str] = mapped_column(Text)
    """Empty: somebody disabled it, or it is active."""
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The first failure after the last delivery that arrived; null: none."""
    key_id: Mapped[str] = mapped_column(String(32))
    """The key of the key file that sealed the secret."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The sealed secret (runtime.sealing)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    created_by_id: Mapped[str] = mapped_column(String(200))


class WebhookDeliveryRow(Base):
    """One notification on its way to one webhook."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_webhook", "webhook", "id"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    webhook: Mapped[str] = mapped_column(String(26))
    kind: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    """The JSON that is sent, byte for byte the same at each attempt."""
    state: Mapped[str] = mapped_column(String(16))
    """waiting, delivered or failed."""
    attempts: Mapped[int]
    status: Mapped[int | None]
    """The HTTP status of the last answer; null: there was none."""
    error: Mapped[str] = mapped_column(Text)
    """Why the last attempt failed; empty: it did not."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is tried again; null: at once, or never."""
