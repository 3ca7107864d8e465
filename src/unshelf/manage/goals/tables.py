"""The tables of goals, of what is tied to them, and of the values that people noted."""

from datetime import date, datetime

from sqlalchemy import Date, Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class GoalRow(Base):
    """One goal of a project. It is closed, never deleted."""

    __tablename__ = "goals"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    project: Mapped[str] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(String(26), index=True)
    """The id of the user who answers for it."""
    due: Mapped[date | None] = mapped_column(Date)
    metric: Mapped[str] = mapped_column(String(100))
    """Empty: none is meant."""
    direction: Mapped[str] = mapped_column(String(16))
    """at_least or at_most."""
    target: Mapped[float | None] = mapped_column(Float)
    worth: Mapped[str] = mapped_column(String(500))
    """The value of reaching it, in money or words."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GoalTieRow(Base):
    """Something that works towards a goal, such as a version."""

    __tablename__ = "goal_ties"

    goal: Mapped[str] = mapped_column(ForeignKey("goals.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    """version, release …"""
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    """The reference or id of its kind."""
    tied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tied_by: Mapped[str] = mapped_column(String(200))


class GoalValueRow(Base):
    """A value of a goal's metric that somebody noted. Rows are only ever added."""

    __tablename__ = "goal_values"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    goal: Mapped[str] = mapped_column(ForeignKey("goals.id"), index=True)
    value: Mapped[float] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String(500))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    noted_by: Mapped[str] = mapped_column(String(200))
