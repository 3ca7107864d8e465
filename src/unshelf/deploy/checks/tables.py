"""The table of checks with somebody's own data."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class VersionCheckRow(Base):
    """A check of a version, and what it found. Nothing of it ever changes."""

    __tablename__ = "version_checks"
    __table_args__ = (Index("ix_version_checks_version", "model", "version", "id"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    model: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(String(200))
    data: Mapped[str] = mapped_column(Text)
    """The reference that the rows were read by; empty: rows that came with the request."""
    found: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """The other fields of deploy.checks.report.CheckReport."""
