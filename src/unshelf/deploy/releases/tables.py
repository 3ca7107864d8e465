"""The table of releases: what is live, and the history that a rollback goes back through."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ReleaseRow(Base):
    """Shares that are or were live."""

    __tablename__ = "releases"
    __table_args__ = (
        Index("uq_releases_live", "model", unique=True, sqlite_where=text("live"), postgresql_where=text("live")),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    model: Mapped[str] = mapped_column(ForeignKey("models.name"), index=True)
    shares: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """`[{"version", "percent"}]`."""
    live: Mapped[bool] = mapped_column(default=False)
    """Whether this is the model's release now: true of one row of a model, or of none when nothing is live."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a rollback left it behind; None while it may still be gone back to."""
