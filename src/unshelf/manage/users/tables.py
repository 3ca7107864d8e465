"""The tables of users, of the links by which passwords are set, and of attempts to log in."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class UserRow(Base):
    """One person's account. It is deactivated, never deleted, so that its name means one person for good."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("issuer", "subject", name="uq_users_issuer"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    """The login name."""
    email: Mapped[str] = mapped_column(String(254))
    """Empty: not known."""
    full_name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """Argon2, with its parameters; null: there is no password to log in with."""
    status: Mapped[str] = mapped_column(String(16))
    """invited, active or deactivated."""
    issuer: Mapped[str | None] = mapped_column(String(255))
    """The identity provider that knows the person; null: a local account."""
    subject: Mapped[str | None] = mapped_column(String(255))
    """The person's id there."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OneTimeLinkRow(Base):
    """One link that is good for one use. Its secret is nowhere; only its SHA-256 is."""

    __tablename__ = "one_time_links"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """invitation, reset; mailed, mailed_reset (of these, by e-mail); or login: of the embedded administrator."""
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str | None] = mapped_column(String(26), index=True)
    """Null: the embedded administrator."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginAttemptRow(Base):
    """How often somebody failed lately to log in, or where an account's owner has logged in from."""

    __tablename__ = "login_attempts"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`account:` and the SHA-256 of the name as it was given, `address:` and the network, `pair:` and both, and so on."""
    failures: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the first of these failures was, or the last login."""
