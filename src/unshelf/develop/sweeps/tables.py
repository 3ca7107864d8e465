"""The tables of sweeps, of their trials, and of the jobs that these are."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class SweepRow(Base):
    """One sweep."""

    __tablename__ = "sweeps"
    __table_args__ = (Index("ix_sweeps_project_id", "project", "id"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    project: Mapped[str] = mapped_column(String(64))
    job: Mapped[str] = mapped_column(String(26), index=True)
    """The job that is run again with other parameters."""
    strategy: Mapped[str] = mapped_column(String(16))
    """grid, random or search."""
    space: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """As develop.sweeps.space reads it."""
    trials: Mapped[int]
    """How many combinations are tried."""
    parallel: Mapped[int]
    """How many at a time."""
    folds: Mapped[int | None]
    """How many jobs a trial is, each with its `fold`; null: one."""
    objective: Mapped[str] = mapped_column(String(200))
    """The field of the results that is compared."""
    maximize: Mapped[bool]
    seed: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), index=True)
    """running, done, failed or cancelled."""
    reason: Mapped[str] = mapped_column(Text)
    """Why it failed, or who cancelled it; empty: neither."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    """The actor whose rights its jobs need."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SweepTrialRow(Base):
    """One combination of a sweep."""

    __tablename__ = "sweep_trials"

    sweep: Mapped[str] = mapped_column(ForeignKey("sweeps.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0, 1, …"""
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    state: Mapped[str] = mapped_column(String(16))
    """running, done or failed."""
    value: Mapped[float | None]
    """The value that it reached: the mean over its folds; null: it runs, or failed."""
    spread: Mapped[float | None]
    """The standard deviation over its folds; null: it has none."""
    reason: Mapped[str] = mapped_column(Text)
    """Why it failed; empty: it did not."""


class SweepJobRow(Base):
    """One job of a trial."""

    __tablename__ = "sweep_jobs"

    sweep: Mapped[str] = mapped_column(ForeignKey("sweeps.id"), primary_key=True)
    trial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fold: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    job: Mapped[str | None] = mapped_column(String(26), index=True)
    """Null: it was not submitted yet."""
