"""The tables of pipelines, their versions, their runs, and the steps of these."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class PipelineRow(Base):
    """One pipeline."""

    __tablename__ = "pipelines"
    __table_args__ = (UniqueConstraint("project", "name"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    project: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    """The number of its latest version."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    """The label of the actor."""


class PipelineVersionRow(Base):
    """One version of a pipeline: its definition and its code, which never change."""

    __tablename__ = "pipeline_versions"

    pipeline: Mapped[str] = mapped_column(ForeignKey("pipelines.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, …"""
    digest: Mapped[str] = mapped_column(String(64))
    """The SHA-256 of the definition with the digests of all files."""
    definition: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """develop.pipelines.definition.PipelineRequest."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))


class PipelineRunRow(Base):
    """One run of a pipeline."""

    __tablename__ = "pipeline_runs"
    __table_args__ = (Index("ix_pipeline_runs_project_id", "project", "id"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    pipeline: Mapped[str] = mapped_column(ForeignKey("pipelines.id"), index=True)
    version: Mapped[int]
    project: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), index=True)
    """One of develop.pipelines.run.RunState."""
    reason: Mapped[str] = mapped_column(Text)
    """A sentence on what it waits for, or why it ended as it did; empty: nothing is to be said."""
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    data: Mapped[dict[str, str]] = mapped_column(JSON(none_as_null=True))
    """Reference as the definition has it → the version that this run reads."""
    fresh: Mapped[bool]
    """Whether nothing of earlier runs is taken."""
    parent: Mapped[str | None] = mapped_column(String(26))
    """The run that it repeats with changes."""
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The caller's name for its request, so that it can be repeated."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    """The label of the actor who began it."""
    actor_id: Mapped[str] = mapped_column(String(200))
    """The actor whose rights its steps need: who began it, or resumed it last."""
    actor_label: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PipelineStepRow(Base):
    """One step of a run."""

    __tablename__ = "pipeline_steps"

    run: Mapped[str] = mapped_column(ForeignKey("pipeline_runs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0, 1, … in an order in which each comes after those that it needs."""
    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    """One of develop.pipelines.run.StepState."""
    reason: Mapped[str] = mapped_column(Text)
    tries: Mapped[int]
    """How often it was begun anew, from 0: part of the key of what it starts."""
    key: Mapped[str | None] = mapped_column(String(64), index=True)
    """The digest of all that its value comes from; null: it was not begun, or is not to be taken by others."""
    job: Mapped[str | None] = mapped_column(String(26), index=True)
    """The job that its value is of; of a cached step that of an earlier run."""
    cached_from: Mapped[str | None] = mapped_column(String(26))
    """The run whose job that is; null: its own."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """Results of a function; of a step of the platform what it knows and came to, with its value as `value`."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
