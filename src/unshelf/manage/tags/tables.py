"""The tables of tags and of properties."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class TagRow(Base):
    """A tag of a subject."""

    __tablename__ = "tags"
    __table_args__ = (Index("ix_tags_tag", "tag"),)

    subject_kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200), primary_key=True)
    tag: Mapped[str] = mapped_column(String(64), primary_key=True)
    model: Mapped[str | None] = mapped_column(String(64))
    """The model that the subject belongs to, for readers who may see only some."""
    project: Mapped[str | None] = mapped_column(String(64))
    """The project of a subject that is no model's."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))


class PropertyRow(Base):
    """A property of a subject."""

    __tablename__ = "properties"
    __table_args__ = (Index("ix_properties_name", "name"),)

    subject_kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    model: Mapped[str | None] = mapped_column(String(64))
    project: Mapped[str | None] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(16))
    """text, number, boolean, date or link."""
    value: Mapped[Any] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(String(2000))
    """The value as text, which filters compare."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))
