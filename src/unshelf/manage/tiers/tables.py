"""The tables of what administrators say of tiers, and of who may use those that not everybody may."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class TierRow(Base):
    """A tier that has a price, or that not everybody may use. Its hardware stands in the settings."""

    __tablename__ = "tiers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    price: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    """The cost of a replica an hour; null: nothing was said."""
    currency: Mapped[str] = mapped_column(String(16))
    restricted: Mapped[bool]
    """Whether only those with a right to it may use it."""


class TierRightRow(Base):
    """The right to use a tier. It goes when it is taken away, and when it has ended."""

    __tablename__ = "tier_rights"
    __table_args__ = (Index("ix_tier_rights_tier", "tier"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    tier: Mapped[str] = mapped_column(String(64))
    holder_kind: Mapped[str] = mapped_column(String(16))
    """user, group, role or project."""
    holder: Mapped[str] = mapped_column(String(64))
    """The id of the user or group, the name of the role or project."""
    request: Mapped[str | None] = mapped_column(String(26))
    """The id of the request that it was granted by; null: none."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    created_by_id: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
