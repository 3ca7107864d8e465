"""The tables of environments and of who holds them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
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
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EnvironmentHoldRow(Base):
    """Hold on an environment: without any, the environment may be deleted."""

    __tablename__ = "environment_holds"

    environment: Mapped[str] = mapped_column(ForeignKey("environments.hash"), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
    """A version's reference, `iris:3`."""
