"""The tables of models, versions and aliases."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ModelRow(Base):
    """A model, or the memory of one that was removed, which keeps its numbers from being given again."""

    __tablename__ = "models"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_version: Mapped[int] = mapped_column(default=0)
    """The highest number ever given."""
    paused: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    limits: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.routing.RequestLimits; null: none."""
    origins: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The origins of web pages that may call it; null: none."""


class VersionRow(Base):
    """One version. Only `paused` ever changes. The key makes two versions with one number impossible."""

    __tablename__ = "versions"

    model: Mapped[str] = mapped_column(ForeignKey("models.name"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bundle: Mapped[str] = mapped_column(ForeignKey("bundles.digest"), index=True)
    environment: Mapped[str | None] = mapped_column(ForeignKey("environments.hash"), index=True)
    """None: it runs elsewhere."""
    checks: Mapped[str] = mapped_column(Text)
    """contracts.bundle.Checks as JSON."""
    tier: Mapped[str] = mapped_column(String(64))
    """The tier, and the least and the most replicas, as its manifest has them: what quotas count."""
    min_replicas: Mapped[int]
    max_replicas: Mapped[int]
    paused: Mapped[bool] = mapped_column(default=False)
    job: Mapped[str | None] = mapped_column(String(26), index=True)
    """The job that left its files; null: none did."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))


class AliasRow(Base):
    """A movable name for a version."""

    __tablename__ = "aliases"
    __table_args__ = (ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.number"]),)

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    alias: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int]
