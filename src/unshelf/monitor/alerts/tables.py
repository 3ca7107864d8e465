"""The tables of alerts, of their lives, and of the groups in which people hear of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class AlertRow(Base):
    """A problem that was found, from then until it was over."""

    __tablename__ = "alerts"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    kind: Mapped[str] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(64), index=True)
    """No foreign key: an alert outlives its model, as records do."""
    project: Mapped[str | None] = mapped_column(String(64), index=True)
    """The project that it is about, where it is of no model; null: the installation, or the project is that of the model."""
    severity: Mapped[str] = mapped_column(String(16))
    summary: Mapped[str] = mapped_column(String(500))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    action: Mapped[str] = mapped_column(String(16))
    advice: Mapped[str] = mapped_column(String(500))
    owner: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    resolved_because: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))


class AlertGroupRow(Base):
    """Alerts of one model, or of the installation, that began together: people hear of them at once."""

    __tablename__ = "alert_groups"
    __table_args__ = (Index("ix_alert_groups_model", "model", "began_at"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """The id of the first alert."""
    model: Mapped[str | None] = mapped_column(String(64))
    window: Mapped[str] = mapped_column(String(100))
    """The window of records that the first alert is about, `SINCE/UNTIL`; empty: none."""
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When people heard of it last; null: they did not yet."""
    told_severity: Mapped[str] = mapped_column(String(16))
    """The greatest severity that people heard of; empty: none."""


class AlertLifeRow(Base):
    """Everything that was done about one alert."""

    __tablename__ = "alert_lives"

    alert: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    group: Mapped[str | None] = mapped_column("group_id", String(26), index=True)
    """The id of the group; null: none yet."""
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None] = mapped_column(String(200))
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    snoozed_by: Mapped[str | None] = mapped_column(String(200))
    assignee_kind: Mapped[str | None] = mapped_column(String(16))
    """user or group."""
    assignee: Mapped[str | None] = mapped_column(String(26), index=True)
    """The id of the user or group."""
    assignee_name: Mapped[str | None] = mapped_column(String(200))
    assigned_by: Mapped[str | None] = mapped_column(String(200))
    ignored: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """life.Extent; null: it is not ignored."""
    ignored_by: Mapped[str | None] = mapped_column(String(200))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unheard: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether nobody with an account could hear of it yet: who comes first hears of it then."""
    escalations: Mapped[int] = mapped_column(default=0)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When those who had heard of it heard that it is over."""
