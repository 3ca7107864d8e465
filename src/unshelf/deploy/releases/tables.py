"""The table of releases: the history that a rollback goes back through. What is live stands with the model."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database import Base, UtcDateTime


class ReleaseRow(Base):
    """Shares that were made live once."""

    __tablename__ = "releases"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    model: Mapped[str] = mapped_column(ForeignKey("models.name"), index=True)
    shares: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a rollback left it behind; None while it may still be gone back to."""
