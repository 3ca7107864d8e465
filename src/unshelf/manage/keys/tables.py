"""The keys' table. A key is never deleted, so that the trail of what it did stays readable."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class KeyRow(Base):
    """One API key. Its token is nowhere; only its SHA-256 is."""

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16))
    project: Mapped[str | None] = mapped_column(String(64))
    """The project whose models it is good for; null: of any project."""
    models: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Glob patterns of model names; null: every model."""
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    owner: Mapped[str | None] = mapped_column(String(26), index=True)
    """The id of the user who answers for it; null: nobody, or it was created with a key."""
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    limits: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.routing.RequestLimits; null: none."""
