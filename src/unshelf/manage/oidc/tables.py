"""The tables of logins with an identity provider: what was used up, and the sessions that came of them."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class OidcUsedRow(Base):
    """The state of a login, or the id of a logout token, that was used and is good for nothing any more."""

    __tablename__ = "oidc_used"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The SHA-256."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """From when on it would have expired anyway."""


class OidcSessionRow(Base):
    """A session here, and the one at the provider that it came of."""

    __tablename__ = "oidc_sessions"

    session_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(26), index=True)
    sid: Mapped[str | None] = mapped_column(String(255), index=True)
    """The id of the session at the provider; null: it tells none."""
    key_id: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The ID token, sealed: the provider wants it back when somebody logs out."""
