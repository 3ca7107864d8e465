"""The table of support."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class SupportRow(Base):
    """Support settings of one model or project; null: not set."""

    __tablename__ = "support"

    scope_kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """model or project."""
    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The name of the model or project."""
    level: Mapped[str | None] = mapped_column(String(16))
    owner_kind: Mapped[str | None] = mapped_column(String(16))
    """user or group."""
    owner: Mapped[str | None] = mapped_column(String(26), index=True)
    """The id of the user or group."""
    escalate_kind: Mapped[str | None] = mapped_column(String(16))
    escalate_to: Mapped[str | None] = mapped_column(String(26))
    escalate_after: Mapped[int | None]
    """Minutes."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))
