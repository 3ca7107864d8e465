"""The tables of names of data, and of datasets' versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime

StoredProfile = bytes  # `bytes` is a column below


class DataNameRow(Base):
    """A name that `data://` leads to, or the memory of one that was deleted, which keeps version numbers from being given again."""

    __tablename__ = "data_names"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """dataset, connection or binding."""
    project: Mapped[str] = mapped_column(String(64), index=True)
    description: Mapped[str] = mapped_column(Text)
    last_version: Mapped[int]
    """The highest version that the name ever had; 0: none."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DatasetVersionRow(Base):
    """One version of a dataset. Nothing of it ever changes."""

    __tablename__ = "dataset_versions"
    __table_args__ = (UniqueConstraint("name", "digest"),)

    name: Mapped[str] = mapped_column(ForeignKey("data_names.name"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    """The SHA-256 of the list of its files: their paths, digests and sizes."""
    format: Mapped[str] = mapped_column(String(16))
    """parquet, csv or files."""
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True))
    """contracts.bundle.BundleFile of each, by path."""
    bytes: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    """None, like the profile and the preview: its files hold no rows that we read."""
    profile: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.protocols.data.ColumnProfile of each column, in their order."""
    job: Mapped[str | None] = mapped_column(String(26), index=True)
    """The job whose output it was; None: it was uploaded."""
    preview: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    baseline: Mapped[StoredProfile | None] = mapped_column(LargeBinary, deferred=True)
    """The stored contracts.protocols.profiles.TableProfile; None: it holds no rows that we read, or is of a release that made none."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
