"""The table that says which project a model belongs to, and who may see it: what every filter by permission is made of."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base


class ModelAccessRow(Base):
    """The place of a model's name, kept when the model is removed, as its events and records are."""

    __tablename__ = "model_access"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    project: Mapped[str] = mapped_column(String(64), index=True)
    visibility: Mapped[str] = mapped_column(String(16))
    """private, internal or public."""
