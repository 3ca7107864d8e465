"""The table of benches."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class BenchRow(Base):
    """One bench: what was asked for, how far it is, and what was measured on each tier."""

    __tablename__ = "benches"
    __table_args__ = (
        Index("ix_benches_project_id", "project", "id"),
        Index("ix_benches_state", "state"),
        Index("ix_benches_model_version", "model", "version"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    project: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    reference: Mapped[str] = mapped_column(String(200))
    """The version, as it was asked for."""
    state: Mapped[str] = mapped_column(String(16))
    """One of BenchState."""
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """RowSource with `label`, of rows that were given; None: the version's own."""
    chunk: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.bundle.BundleFile of these rows as the program reads them; None: they are not read yet."""
    options: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """`rows`, `callers`, `seconds`, `warmup`, `params`."""
    tiers: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True))
    """TierLine of each, in the order in which they are measured."""
    currency: Mapped[str] = mapped_column(String(16))
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
