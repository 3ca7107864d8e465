"""The tables of records that were taken in, and of folders that are watched for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class TakenRecordRow(Base):
    """A record that was taken in: what makes sending it once more harmless. Kept as long as records are."""

    __tablename__ = "taken_records"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own form

    digest: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    """The digest of the model and the record's id: 16 bytes where ids are as long as their makers like."""
    day: Mapped[int] = mapped_column(index=True)
    """The day of the record since 1970, by which it is forgotten."""


class TakenSegmentRow(Base):
    """A segment whose records count from this row's transaction on, and which is about to have its place among the others."""

    __tablename__ = "taken_segments"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)


class RecordFolderRow(Base):
    """A folder or bucket of a connection that is watched for files of records."""

    __tablename__ = "record_folders"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    model: Mapped[str] = mapped_column(String(64), index=True)
    project: Mapped[str] = mapped_column(String(64))
    data: Mapped[str] = mapped_column(String(1100))
    """The reference: `data://CONNECTION/PATH`."""
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    """deploy.elsewhere.messages.RecordColumns."""
    every_seconds: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(Text)
    """Why the last look failed; empty: it did not."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    """The actor by whose rights it is read."""


class RecordFileRow(Base):
    """A file of such a folder that was taken in, or can't be."""

    __tablename__ = "record_files"

    folder: Mapped[str] = mapped_column(ForeignKey("record_folders.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(1024), primary_key=True)
    mark: Mapped[str] = mapped_column(String(200))
    """Size and time of change, or the ETag: a file with another one is read again."""
    state: Mapped[str] = mapped_column(String(16))
    """taken or damaged."""
    accepted: Mapped[int] = mapped_column(BigInteger)
    duplicates: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    """Why it can't be read, or the first record that was refused; empty: all is well."""
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
