"""The table of watches."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class WatchRow(Base):
    """One watch: an actor follows a subject, or wants to hear nothing of it."""

    __tablename__ = "watches"
    __table_args__ = (Index("ix_watches_subject", "subject_kind", "subject"),)

    watcher_kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """user or service_account."""
    watcher: Mapped[str] = mapped_column(String(200), primary_key=True)
    """The actor's id."""
    subject_kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200), primary_key=True)
    label: Mapped[str] = mapped_column(String(200))
    """The actor's label."""
    model: Mapped[str | None] = mapped_column(String(64))
    project: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(16))
    """asked, author, comment or mention."""
    is_muted: Mapped[bool]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
