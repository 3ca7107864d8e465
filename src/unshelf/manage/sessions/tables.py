"""The table of sessions. A session that ended is deleted; events say what was done in it."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class SessionRow(Base):
    """One session. Its token is in a cookie of a browser alone; here is its SHA-256."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str | None] = mapped_column(String(26), index=True)
    """Null: the embedded administrator, who came by a one-time link."""
    admin_token_sha256: Mapped[str | None] = mapped_column(String(64))
    """The SHA-256 of the administrator's token then: the session ends when that token is replaced. Null: a user's session."""
    method: Mapped[str] = mapped_column(String(16))
    """How it was opened: password, link or oidc."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """To the minute."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it ends, however much it is used."""
    address: Mapped[str] = mapped_column(String(64))
    """The network address that it was opened from."""
    user_agent: Mapped[str] = mapped_column(String(200))
