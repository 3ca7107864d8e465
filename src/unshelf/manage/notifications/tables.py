"""The tables of notifications and of what people choose."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class NotificationRow(Base):
    """One notification for one person."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_recipient", "recipient", "id"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    recipient: Mapped[str] = mapped_column(String(200))
    """The id of the person."""
    kind: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(500))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(200))
    project: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    in_inbox: Mapped[bool]
    """False: the person wants it by e-mail alone."""
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mail: Mapped[str | None] = mapped_column(String(16))
    """waiting, sent or failed; null: it goes by no e-mail."""
    mail_error: Mapped[str] = mapped_column(Text)
    """Why the last attempt to send it failed; empty: none did."""


class NotificationChoiceRow(Base):
    """How one person wants notifications of one kind."""

    __tablename__ = "notification_choices"

    recipient: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The kind; `default`: every kind without a choice of its own."""
    inbox: Mapped[bool]
    email: Mapped[bool]
    webhook: Mapped[bool]
