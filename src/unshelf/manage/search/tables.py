"""The tables of the search index, and the text index beside them that each database has in its own way."""

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, Index, Integer, String, Text, event
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class DocumentRow(Base):
    """One subject as it is found."""

    __tablename__ = "search_documents"
    __table_args__ = (
        Index("ix_search_documents_subject", "kind", "name", unique=True),
        Index("ix_search_documents_kind", "kind", "id"),
        Index("ix_search_documents_vector", "vector", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    model: Mapped[str | None] = mapped_column(String(64), index=True)
    project: Mapped[str | None] = mapped_column(String(64), index=True)
    """The project that it lies in."""
    person: Mapped[str | None] = mapped_column(String(200), index=True)
    """The id of a user who finds it without a permission too."""
    title: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(200), index=True)
    tags: Mapped[str] = mapped_column(Text)
    """The tags, with a space between."""
    page: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    vector: Mapped[Any] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"), nullable=True)
    """PostgreSQL's text index of the row; SQLite has the table search_text."""


class IndexedKindRow(Base):
    """A kind whose subjects were all marked once: those of a kind without a row are marked at the next start."""

    __tablename__ = "search_kinds"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)


class StaleRow(Base):
    """A subject whose document has to be made anew, written in the transaction of its change."""

    __tablename__ = "search_stale"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)


event.listen(
    DocumentRow.__table__,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE VIRTUAL TABLE search_text USING fts5(title, body, prefix='2 3', tokenize='unicode61 remove_diacritics 0')"
    ).execute_if(dialect="sqlite"),
)
