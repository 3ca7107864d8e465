"""The tables of schedules and of what they started."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ScheduleRow(Base):
    """One schedule."""

    __tablename__ = "schedules"
    __table_args__ = (UniqueConstraint("project", "name"), Index("ix_schedules_next_at", "state", "next_at"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    project: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    """The kind of thing that it starts: `job`."""
    target: Mapped[str] = mapped_column(String(200))
    """The thing of that kind that is started again."""
    cron: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64))
    catch_up: Mapped[str] = mapped_column(String(16))
    """develop.schedules.catching_up.CatchUp."""
    state: Mapped[str] = mapped_column(String(16))
    """active or paused."""
    paused_because: Mapped[str] = mapped_column(Text)
    """Why the platform paused it; empty: somebody did, or it is active."""
    refusals: Mapped[int]
    """How many starts were refused since the last that was not."""
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The first moment that nothing was done for yet; null: there is none."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    """The actor whose rights its starts need: who set it, or changed it last."""
    actor_label: Mapped[str] = mapped_column(String(200))


class ScheduleStartRow(Base):
    """One moment of a schedule, and what became of it."""

    __tablename__ = "schedule_starts"

    schedule: Mapped[str] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it was done."""
    started: Mapped[str | None] = mapped_column(String(200))
    """The name of what was started; null: nothing was."""
    error: Mapped[str] = mapped_column(Text)
    """Why nothing was started; empty: something was."""
