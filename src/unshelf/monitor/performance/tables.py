"""The tables of quality: sums by hour of predictions, and what of each day was joined with labels."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class QualityWindowRow(Base):
    """Sums of a version's predictions within an hour (UTC). No foreign key: quality outlives model and records."""

    __tablename__ = "quality_windows"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    sums: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Slice → monitor.performance.sums.QualitySums; the empty slice is all rows."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QualityDayRow(Base):
    """A day of a version's predictions, and what they were joined with: written in the transaction that writes the sums."""

    __tablename__ = "quality_days"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    revision: Mapped[int]
    """The revision of the counted day."""
    label: Mapped[int] = mapped_column(BigInteger)
    """The number of the last label that was looked at."""
    roles: Mapped[str] = mapped_column(String(64))
    """A digest of the columns' roles then."""
