"""The table of files that are closed into the event log, so that none is closed twice."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base


class ClosedFileRow(Base):
    """A file that an event has closed, for as long as it must be there. Verification reads events alone."""

    __tablename__ = "closed_files"

    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    """The key in the archive, or a segment's file name; empty: a mark that closing has begun."""
    sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(BigInteger)
