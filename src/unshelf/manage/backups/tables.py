"""The table of backups that were made, or that failed."""

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class BackupRow(Base):
    """A backup that ended, well or not."""

    __tablename__ = "backups"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Id of the backup at its place; one that failed has an id of its own."""
    place: Mapped[str] = mapped_column(String(500))
    reason: Mapped[str] = mapped_column(String(16))
    """asked, scheduled, command or upgrade."""
    state: Mapped[str] = mapped_column(String(16))
    """done or failed."""
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    new_bytes: Mapped[int] = mapped_column(BigInteger)
    problem: Mapped[str] = mapped_column(Text)
    """Empty where it went well."""
