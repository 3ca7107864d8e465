"""The table of scorings."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ScoringRow(Base):
    """One scoring: what was asked for, how far it is, and what came of it."""

    __tablename__ = "scorings"
    __table_args__ = (Index("ix_scorings_project_id", "project", "id"), Index("ix_scorings_state", "state"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    name: Mapped[str] = mapped_column(String(200))
    project: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[int]
    reference: Mapped[str] = mapped_column(String(200))
    """The version, as it was asked for."""
    data: Mapped[str] = mapped_column(Text)
    """The data, as it was asked for; empty: uploaded files."""
    source: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.protocols.scoring.RowSource with `label`; None: a connection that is still to be read."""
    out: Mapped[str] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """The rest of what was asked for: the fields of ScoringOrder that have no column."""
    state: Mapped[str] = mapped_column(String(16))
    """One of ScoringState."""
    reason: Mapped[str] = mapped_column(Text)
    job: Mapped[str | None] = mapped_column(String(26), index=True)
    """None: the data is not read yet."""
    chunks: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`{"rows": [rows of each chunk], "files": [BundleFile]}`; None: the data is not read yet."""
    unused: Mapped[list[str]] = mapped_column(JSON(none_as_null=True))
    rows: Mapped[int | None] = mapped_column(BigInteger)
    scored: Mapped[int | None] = mapped_column(BigInteger)
    failed: Mapped[int | None] = mapped_column(BigInteger)
    results: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`{"files", "failures", "columns", "preview", "segments"}`; None: they are not made yet."""
    written: Mapped[str] = mapped_column(Text)
    """Where the results went beside being kept; empty: nowhere yet."""
    parent: Mapped[str | None] = mapped_column(String(26))
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its program began."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
