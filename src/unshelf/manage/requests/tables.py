"""The table of requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class RequestRow(Base):
    """One request with its answer."""

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_state", "state", "kind"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    kind: Mapped[str] = mapped_column(String(32))
    """access …"""
    project: Mapped[str | None] = mapped_column(String(64), index=True)
    """The project that it is about, or whose model it is about; null: the installation. A model's may have changed since."""
    model: Mapped[str | None] = mapped_column(String(64), index=True)
    """The model that it is about; null: a project, or the installation."""
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The thing asked for, as the kind has it."""
    reason: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[str] = mapped_column(String(26), index=True)
    """The id of the user who asks."""
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    """open, granted, refused or withdrawn."""
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decision_reason: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When what was granted ends; null: when it is taken away."""
