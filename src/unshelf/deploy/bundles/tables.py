"""The tables of bundles, of their files, and of who holds them."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class BundleRow(Base):
    """One bundle: a manifest under its digest."""

    __tablename__ = "bundles"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    manifest: Mapped[str] = mapped_column(Text)
    """The manifest as canonical JSON, whose SHA-256 is the digest."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BundleFileRow(Base):
    """A blob that a bundle needs."""

    __tablename__ = "bundle_files"

    bundle: Mapped[str] = mapped_column(ForeignKey("bundles.digest"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""


class CountedUploadRow(Base):
    """One file that was sent: it counts for a day to quotas, and, until something needs it, to its sender's share of the disk."""

    __tablename__ = "counted_uploads"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    project: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The project that it was sent for; empty: none was named."""
    uploaded_by: Mapped[str] = mapped_column(String(200), primary_key=True)
    """The label of the actor."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class BundleHoldRow(Base):
    """Hold on a bundle: without any, the bundle is deleted."""

    __tablename__ = "bundle_holds"

    bundle: Mapped[str] = mapped_column(ForeignKey("bundles.digest"), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
    """A version's reference, `iris:3`, or `deploy/ID` while a deploy runs."""
