"""The table of networks that were changed after the deploy."""

from datetime import datetime

from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class VersionNetworkRow(Base):
    """The network of a version in place of its manifest's."""

    __tablename__ = "version_networks"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    access: Mapped[str] = mapped_column(String(8))
    """`full` or `none`."""
    allow: Mapped[list[str]] = mapped_column(JSON)
    """The grants, as `[network] allow` has them."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))
