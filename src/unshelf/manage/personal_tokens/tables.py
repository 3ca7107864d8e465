"""The tables of personal tokens, and of programs that wait for one."""

from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class PersonalTokenRow(Base):
    """One personal token. Only its SHA-256 is kept; the row stays, so that what it did stays readable."""

    __tablename__ = "personal_tokens"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(26), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str | None] = mapped_column(String(64))
    """The role whose permissions it is good for; null: see `permissions`."""
    permissions: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The permissions that it is good for; null without a role: all that its owner has."""
    projects: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The projects that it is good for; null: see `models`."""
    models: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Glob patterns of the models that it is good for; null without projects: everything."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """To the minute."""


class DeviceLoginRow(Base):
    """One program that shows a code, and waits for somebody who is logged in elsewhere to let it in."""

    __tablename__ = "device_logins"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    device_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    """The SHA-256 of the secret that the program asks with."""
    code: Mapped[str] = mapped_column(String(16), unique=True)
    """The code that its user types elsewhere."""
    name: Mapped[str] = mapped_column(String(100))
    """The name that the token will have."""
    user_id: Mapped[str | None] = mapped_column(String(26))
    """The user who let it in; null: nobody yet."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
