"""The table of background work: what waits, what is claimed, and by whom."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class WorkRow(Base):
    """A piece of work of a loop: an item of its queue, or, with an empty key, the running of a periodic loop."""

    __tablename__ = "work"

    loop: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    actor: Mapped[str | None] = mapped_column(String(200))
    """The one whose work it is, where turns are shared out; None: nobody's in particular."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Not to be claimed before."""
    attempts: Mapped[int]
    """How often it was claimed."""
    owner: Mapped[str | None] = mapped_column(String(200))
    """The process that claimed it; None: nobody."""
    token: Mapped[str | None] = mapped_column(String(26))
    """The claim; a new one each time."""
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The end of the lease, after which others may claim it."""
    error: Mapped[str | None] = mapped_column(Text)
    """Why the last attempt failed."""
