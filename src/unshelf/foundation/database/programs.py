"""The programs that migrated a database: what an older one says of it that does not know its tables."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ProgramRow(Base):
    """The program that brought the database to a revision of its tables."""

    __tablename__ = "programs"

    revision: Mapped[str] = mapped_column(String(32), primary_key=True)
    program: Mapped[str] = mapped_column(String(64))
    """Version of the program."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
