"""The tables of apps, of their versions, and of tokens that open one app."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class AppRow(Base):
    """One app. It goes with its model; its name is free then."""

    __tablename__ = "apps"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """what-if."""
    model: Mapped[str] = mapped_column(String(64), index=True)
    """The model that it asks, without version or alias: whose scope permissions are granted on."""
    title: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    """The number of the version in force, which is the last one."""
    owner: Mapped[str] = mapped_column(String(64), index=True)
    """The id of the actor on whose grant it asks the model: who saved it last."""
    owner_kind: Mapped[str] = mapped_column(String(16))
    owner_label: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AppVersionRow(Base):
    """One version of an app's definition. Rows are only ever added."""

    __tablename__ = "app_versions"

    app: Mapped[str] = mapped_column(ForeignKey("apps.name"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    restored: Mapped[int | None] = mapped_column(Integer)
    """The version that it brought back; null: it was made anew."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))


class AppTokenRow(Base):
    """One token for embedding an app. Only its SHA-256 is kept."""

    __tablename__ = "app_tokens"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    app: Mapped[str] = mapped_column(ForeignKey("apps.name"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    a_minute: Mapped[int] = mapped_column(Integer)
    """The most answers a minute."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """To the minute."""
