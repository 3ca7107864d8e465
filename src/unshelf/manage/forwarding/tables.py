"""The table of how far the event log was sent on."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base


class ForwardedRow(Base):
    """One receiver, and the last event that it has got."""

    __tablename__ = "forwarded_events"

    receiver: Mapped[str] = mapped_column(String(64), primary_key=True)
    """`syslog`, or `webhook ID`."""
    sequence: Mapped[int] = mapped_column(BigInteger)
    """The last event's place in the chain; 0: none."""
