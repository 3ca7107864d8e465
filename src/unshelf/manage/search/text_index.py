"""The text index's port: which documents have all words of a query, and how well each fits; on SQLite and on PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    String,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    table,
    text,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql import FromClause

from unshelf.manage.search.tables import DocumentRow
from unshelf.manage.search.words import Word

MOST_WORDS = 10_000
"""Words of a text that are indexed; what follows is not found."""
_LARGEST_POSITION = 16_383


class TextIndex(Protocol):
    """Text of documents by their ids. A word in a title counts more than one in a text."""

    unindexed_kind: ColumnElement[str]
    """A document's kind, for conditions that the database must not begin with: there are few kinds, and many documents of each."""

    def put(self, session: Session, id: int, *, title: Sequence[str], body: Sequence[str]) -> None:
        """Index a document by these words, in place of those it had."""

    def remove(self, session: Session, id: int) -> None:
        """Forget a document; one that is not there is a no-op."""

    def matching(self, words: Sequence[Word]) -> "Matching":
        """Return what a query of documents takes to find those with all these words."""


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Parts of a query that finds documents by their words."""

    table: FromClause | None
    """A table to join; None: the documents have it all."""
    join: ColumnElement[bool]
    """How it is joined."""
    condition: ColumnElement[bool]
    score: ColumnElement[float]
    """How well a document fits: the lowest is best."""
    id: ColumnElement[int] | InstrumentedAttribute[int]
    """The document's id, as the index can sort by it without looking at every match."""


class SqliteTextIndex:
    """SQLite's FTS5."""

    # SQLite guesses how many documents an index leads to, and a function keeps it from guessing.
    unindexed_kind: ColumnElement[str] = func.coalesce(DocumentRow.kind, "")

    _table = table("search_text", column("rowid", Integer), column("search_text"))

    def put(self, session: Session, id: int, *, title: Sequence[str], body: Sequence[str]) -> None:
        """Index a document."""
        self.remove(session, id)
        row = {"id": id, "title": " ".join(title[:MOST_WORDS]), "body": " ".join(body[:MOST_WORDS])}
        session.execute(text("INSERT INTO search_text (rowid, title, body) VALUES (:id, :title, :body)"), row)

    def remove(self, session: Session, id: int) -> None:
        """Forget a document."""
        session.execute(text("DELETE FROM search_text WHERE rowid = :id"), {"id": id})

    def matching(self, words: Sequence[Word]) -> Matching:
        """Match by FTS5, and score by BM25."""
        query = " ".join(f'"{word.text}"{"*" if word.is_prefix else ""}' for word in words)
        found = self._table.c.search_text.op("MATCH")(query)
        score = literal_column("bm25(search_text, 8.0, 1.0)", Float)
        id = self._table.c.rowid
        return Matching(table=self._table, join=id == DocumentRow.id, condition=found, score=score, id=id)


class PostgresqlTextIndex:
    """PostgreSQL's tsvector, made of the same words."""

    # PostgreSQL counts, and what is hidden in a function it can't count.
    unindexed_kind: ColumnElement[str] = type_coerce(DocumentRow.kind, String)

    def put(self, session: Session, id: int, *, title: Sequence[str], body: Sequence[str]) -> None:
        """Index a document."""
        vector = cast(bindparam("words", _vector(title[:MOST_WORDS], body[:MOST_WORDS])), TSVECTOR)
        session.execute(update(DocumentRow).where(DocumentRow.id == id).values(vector=vector))

    def remove(self, session: Session, id: int) -> None:
        """Forget a document."""
        session.execute(update(DocumentRow).where(DocumentRow.id == id).values(vector=None))

    def matching(self, words: Sequence[Word]) -> Matching:
        """Match by tsquery, and score by ts_rank."""
        text = " & ".join(f"'{word.text}'{':*' if word.is_prefix else ''}" for word in words)
        query = cast(bindparam("query", text, unique=True), TSQUERY)
        return Matching(
            table=None, join=true(), condition=DocumentRow.vector.op("@@")(query),
            score=-func.ts_rank(DocumentRow.vector, query), id=DocumentRow.id,
        )  # fmt: skip


def text_index_of(session_dialect: str) -> TextIndex:
    """Return the text index of a database by the name of its dialect."""
    return SqliteTextIndex() if session_dialect == "sqlite" else PostgresqlTextIndex()


def _vector(title: Sequence[str], body: Sequence[str]) -> str:
    """Words with their positions and weights, as PostgreSQL writes them: `'credit':1A 'risk':2A 'fraud':3`."""
    weighted = [(word, "A") for word in title] + [(word, "") for word in body]
    return " ".join(
        f"'{word}':{min(number, _LARGEST_POSITION)}{weight}" for number, (word, weight) in enumerate(weighted, start=1)
    )
