"""The tables of deploys and of what happened in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class DeployRow(Base):
    """One deploy. It says what was asked for and how it ended; the model and the version may be gone since."""

    __tablename__ = "deploys"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    model: Mapped[str] = mapped_column(String(64), index=True)
    project: Mapped[str | None] = mapped_column(String(64))
    """The project of the model; None: begun by a release without projects, so `default`."""
    bundle: Mapped[str] = mapped_column(String(64))
    """The digest; empty: the bundle is still to be made of uploaded files."""
    release: Mapped[bool | None]
    """Whether the version shall go live; None: if it is the model's first."""
    alias: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), index=True)
    """running, done or failed."""
    version: Mapped[int | None]
    """The number it was registered under; None before that, and when it was taken back."""
    live: Mapped[bool | None]
    """Whether the version goes live; None before it is registered."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`{"code", "step", "detail", "hint", "log"}` when it failed."""
    limits: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Limits that the model shall have from then on; None: as they were."""
    dry_run: Mapped[bool | None]
    """Whether it ends after the check and registers nothing."""
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Findings of a dry run, in the form of Found; None before that, and of other deploys."""
    reached: Mapped[str | None] = mapped_column(String(16))
    """registered, released, checked (a dry run) or undone: the last change that stands, so that a control that goes on with the
    deploy does none twice."""
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The caller's name for its request, so that it can be repeated."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    """The label of the actor."""
    actor_id: Mapped[str | None] = mapped_column(String(200))
    """None, like the kind: begun by a release that kept the label alone."""
    actor_kind: Mapped[str | None] = mapped_column(String(16))
    cancelled_by: Mapped[str | None] = mapped_column(String(200))
    """The label of the actor who asked for its end before it was done."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeployEventRow(Base):
    """Something that happened in a deploy, as its readers see it."""

    __tablename__ = "deploy_events"

    deploy: Mapped[str] = mapped_column(ForeignKey("deploys.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0, 1, 2 …"""
    event: Mapped[str] = mapped_column(Text)
    """JSON."""


class DeployFilesRow(Base):
    """Uploaded files that a deploy is to make its bundle of, kept for a day after it failed, so that it can be tried again."""

    __tablename__ = "deploy_files"

    deploy: Mapped[str] = mapped_column(ForeignKey("deploys.id"), primary_key=True)
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The request, as FileDeployRequest has it, without its key."""
    lock: Mapped[str | None] = mapped_column(Text)
    """The lock of the environment that was chosen; None: what the files ask for."""
    python: Mapped[str | None] = mapped_column(String(32))
    """The Python version of that environment."""
    tiers: Mapped[list[str]] = mapped_column(JSON)
    """The tiers that the deployer might use when it began, for the files may name one."""
