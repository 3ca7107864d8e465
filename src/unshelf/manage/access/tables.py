"""The table of grants: who has which role where."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class GrantRow(Base):
    """One role of a user or a group, on the installation, a project or a model. It goes when the role is taken away."""

    __tablename__ = "grants"
    __table_args__ = (
        Index("ix_grants_holder", "holder_kind", "holder"),
        Index("ix_grants_scope", "scope_kind", "scope"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    holder_kind: Mapped[str] = mapped_column(String(16))
    """user or group."""
    holder: Mapped[str] = mapped_column(String(26))
    """The id of the user or group."""
    role: Mapped[str] = mapped_column(String(64))
    scope_kind: Mapped[str] = mapped_column(String(16))
    """installation, project or model."""
    scope: Mapped[str] = mapped_column(String(64))
    """The project's or the model's name; empty for the installation."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    source: Mapped[str] = mapped_column(String(16), server_default="local")
    """local, granted here; or provider: given by the groups of an identity provider, at each login anew."""
