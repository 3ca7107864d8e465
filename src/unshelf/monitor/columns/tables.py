"""The table of roles of columns that people set."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ColumnRolesRow(Base):
    """Roles that were set for a version; later versions have them too, as far as they have the columns, until others are set."""

    __tablename__ = "column_roles"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    roles: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Role → column, columns or null for one that was taken away; roles that are left out are as they are without it."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(200))
