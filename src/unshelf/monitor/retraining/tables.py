"""The table of collections: recorded predictions that became a version of a dataset."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class CollectionRow(Base):
    """A collection. No foreign keys: the lineage of a dataset outlives the model."""

    __tablename__ = "collections"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    model: Mapped[str] = mapped_column(String(64), index=True)
    project: Mapped[str] = mapped_column(String(64))
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    number: Mapped[int | None]
    """The version of the dataset; None: there is none yet."""
    query: Mapped[dict[str, Any]] = mapped_column(JSON)
    """monitor.retraining.collection.CollectionQuery, as it was asked for."""
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    versions: Mapped[list[int]] = mapped_column(JSON)
    """The versions whose predictions it has."""
    rows: Mapped[int | None] = mapped_column(BigInteger)
    labelled: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    parent: Mapped[str | None] = mapped_column(String(26))
    """The collection that it is like."""
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
