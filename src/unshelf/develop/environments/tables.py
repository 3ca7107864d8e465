"""The tables of environments, of who holds them, of their names, and of builds."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class EnvironmentRow(Base):
    """One environment that the host has built."""

    __tablename__ = "environments"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    lock: Mapped[str] = mapped_column(Text)
    """The text of its pylock.toml."""
    python: Mapped[str] = mapped_column(String(32))
    packages: Mapped[int]
    """How many the lock names."""
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    """Size on disk; None: nothing said so."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EnvironmentHoldRow(Base):
    """Hold on an environment: without any, the environment may be deleted."""

    __tablename__ = "environment_holds"

    environment: Mapped[str] = mapped_column(ForeignKey("environments.hash"), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
    """A version's reference, `iris:3`; of others with their kind before a slash: `environment/base:3`, `job/ID`."""


class NamedEnvironmentRow(Base):
    """A name whose versions are environments, or the memory of one that was deleted, which keeps numbers from being given again."""

    __tablename__ = "named_environments"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    project: Mapped[str | None] = mapped_column(String(64), index=True)
    """The project that it belongs to; None: the installation, where administrators curate it."""
    notes: Mapped[str] = mapped_column(Text)
    is_default: Mapped[bool]
    """Whether it is taken where nobody names one."""
    restricted: Mapped[bool]
    """Whether only those with a right to it may use it."""
    last_version: Mapped[int]
    """The highest number that a version ever had; 0: none."""
    deprecation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`{"note", "successor", "at", "by"}` where all of it is deprecated."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NamedVersionRow(Base):
    """One version of a named environment. Nothing of it changes but its deprecation."""

    __tablename__ = "named_environment_versions"

    name: Mapped[str] = mapped_column(ForeignKey("named_environments.name"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    environment: Mapped[str] = mapped_column(ForeignKey("environments.hash"), index=True)
    origin: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """Origin: `{"requirements", "base", "version", "lock", "file"}`, as far as there is any."""
    notes: Mapped[str] = mapped_column(Text)
    deprecation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """As of the name."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))


class EnvironmentRightRow(Base):
    """Right to use a named environment that is restricted."""

    __tablename__ = "environment_rights"

    name: Mapped[str] = mapped_column(ForeignKey("named_environments.name"), primary_key=True)
    holder_kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """group or project."""
    holder: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The id of the group, or the name of the project."""


class EnvironmentBuildRow(Base):
    """The making of a version of a named environment: what was asked for, and how it ended."""

    __tablename__ = "environment_builds"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    name: Mapped[str] = mapped_column(String(64), index=True)
    project: Mapped[str | None] = mapped_column(String(64), index=True)
    """The project of the named environment; None: the installation."""
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    """The request: `{"python", "requirements", "lock", "environment", "origin", "notes"}`."""
    state: Mapped[str] = mapped_column(String(16), index=True)
    """running, done or failed."""
    version: Mapped[int | None]
    """The number it made; None before it is done."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`{"code", "step", "detail", "hint", "log"}` when it failed."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    actor_kind: Mapped[str] = mapped_column(String(16))
    cancelled_by: Mapped[str | None] = mapped_column(String(200))
    """The label of the actor who asked for its end before it was done."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EnvironmentBuildEventRow(Base):
    """Something that happened in a build, as its readers see it."""

    __tablename__ = "environment_build_events"

    build: Mapped[str] = mapped_column(ForeignKey("environment_builds.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0, 1, 2 …"""
    event: Mapped[str] = mapped_column(Text)
    """JSON."""
