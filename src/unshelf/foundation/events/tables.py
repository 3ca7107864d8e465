"""The tables of events and of the head of their chain."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class EventRow(Base):
    """One event. Rows are only ever added; sequence and hashes are filled in once, when the event is chained."""

    __tablename__ = "events"
    # Each filter of the log is an index that sorts as the log is read.
    __table_args__ = (
        *(
            Index(f"ix_events_{name}", name, "id")
            for name in ("actor_id", "actor_label", "action", "subject", "subject_kind", "project", "model")
        ),
        Index("ix_events_actor_id_action", "actor_id", "action", "id"),
        Index("ix_events_actor_label_action", "actor_label", "action", "id"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    sequence: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """1, 2, 3 … in the order of the chain; None: not chained yet."""
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[str | None] = mapped_column(String(64))
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[str] = mapped_column(String(200))
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_label: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(200))
    project: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(64))
    """The model that the event concerns, for readers who may see only some; None: the installation."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str] = mapped_column(Text)


class EventChainRow(Base):
    """The head of the chain, which gives away a chain whose end was cut off."""

    __tablename__ = "event_chain"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1: there is one chain."""
    sequence: Mapped[int] = mapped_column(BigInteger)
    """The last event's sequence; 0: none."""
    hash: Mapped[str] = mapped_column(String(64))
