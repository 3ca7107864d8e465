"""The tables of triggers and of what they started."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class TriggerRow(Base):
    """One trigger."""

    __tablename__ = "triggers"
    __table_args__ = (UniqueConstraint("project", "name"), Index("ix_triggers_waits_for", "state", "waits_for"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    project: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    """The kind of thing that it starts: `job`."""
    target: Mapped[str] = mapped_column(String(200))
    waits_for: Mapped[str] = mapped_column(String(16))
    """event or call."""
    action: Mapped[str] = mapped_column(String(64))
    """The action of the events that it waits for; empty: it waits for calls."""
    subject: Mapped[str] = mapped_column(String(200))
    """A pattern of the subject's name; empty: any."""
    most_an_hour: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    """active or paused."""
    paused_because: Mapped[str] = mapped_column(Text)
    """Why the platform paused it; empty: somebody did, or it is active."""
    refusals: Mapped[int]
    """How many starts were refused since the last that was not."""
    position: Mapped[int] = mapped_column(BigInteger)
    """The sequence up to which it has looked at events."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    """The actor whose rights its starts need: who set it, or changed it last."""
    actor_label: Mapped[str] = mapped_column(String(200))


class TriggerStartRow(Base):
    """One thing that made a trigger start something, and what became of it."""

    __tablename__ = "trigger_starts"
    __table_args__ = (Index("ix_trigger_starts_at", "trigger", "at"),)

    trigger: Mapped[str] = mapped_column(ForeignKey("triggers.id", ondelete="CASCADE"), primary_key=True)
    cause: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The event's id, or the key of the call."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    because: Mapped[str] = mapped_column(Text)
    """A few words on what happened."""
    started: Mapped[str | None] = mapped_column(String(200))
    """The name of what was started; null: nothing was."""
    error: Mapped[str] = mapped_column(Text)
    """Why nothing was started; empty: something was."""
