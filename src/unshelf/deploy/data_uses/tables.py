"""The table of the data that versions are made with."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base


class DataUseRow(Base):
    """A baseline or example of a deploy, and of the version that it registered."""

    __tablename__ = "data_uses"
    __table_args__ = (Index("ix_data_uses_version", "model", "version"),)

    deploy: Mapped[str] = mapped_column(String(26), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    """baseline or example."""
    model: Mapped[str] = mapped_column(String(64))
    version: Mapped[int | None]
    """None: nothing is registered yet."""
    source: Mapped[str] = mapped_column(Text)
    """The reference that it was read by (`data://…`); empty: data of the deployer's own."""
    dataset: Mapped[str | None] = mapped_column(String(64), index=True)
    dataset_version: Mapped[int | None]
    rows: Mapped[int | None] = mapped_column(BigInteger)
    profile: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.protocols.data.ColumnProfile of each column of a baseline."""
    baseline: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The stored contracts.protocols.profiles.TableProfile of a baseline of the deployer's own; that of a dataset lies there."""
    file: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.bundle.BundleFile of a baseline that is still to be profiled."""
