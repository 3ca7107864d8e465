"""The table of scenarios."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ScenarioRow(Base):
    """One scenario. It goes with its model."""

    __tablename__ = "scenarios"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    model: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(Text)
    inputs: Mapped[Any] = mapped_column(JSON(none_as_null=False))
    """A row, as in the body of a prediction."""
    params: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Values of parameters by name; null: none."""
    shared: Mapped[bool] = mapped_column(Boolean)
    """Whether everybody sees it who may call the model."""
    owner: Mapped[str] = mapped_column(String(64))
    """The id of the actor who saved it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
