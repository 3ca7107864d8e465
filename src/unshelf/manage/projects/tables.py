"""The tables of projects and of their notes."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ProjectRow(Base):
    """One project. It is archived, never deleted."""

    __tablename__ = "projects"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The address, for good."""
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(String(16))
    """low, normal, high or urgent."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoteRow(Base):
    """One note of a project, with its present text."""

    __tablename__ = "project_notes"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    project: Mapped[str] = mapped_column(String(64), index=True)
    author_id: Mapped[str] = mapped_column(String(200))
    """The id of the actor who wrote it, and may edit it."""
    author: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(Text)
    edits: Mapped[int]
    """How often it was edited, and so how many earlier texts there are."""
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    edited_by: Mapped[str | None] = mapped_column(String(200))


class NoteTextRow(Base):
    """An earlier text of a note. Rows are only ever added."""

    __tablename__ = "project_note_texts"

    note: Mapped[str] = mapped_column(ForeignKey("project_notes.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1: the first text."""
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_by: Mapped[str] = mapped_column(String(200))
