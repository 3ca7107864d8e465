"""The tables of news: the position in the event log, and the ends that were announced."""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class NewsPositionRow(Base):
    """The position in the chain of events up to which people were notified."""

    __tablename__ = "news_position"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1: there is one position."""
    sequence: Mapped[int] = mapped_column(BigInteger)
    """The last event's sequence; 0: none."""


class AnnouncedEndRow(Base):
    """An end that was announced to its owner."""

    __tablename__ = "announced_ends"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """role, token or key."""
    name: Mapped[str] = mapped_column(String(26), primary_key=True)
    """The id of the grant, token or key."""
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """The end that was announced: a later one is announced anew."""
