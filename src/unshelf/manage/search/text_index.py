"""The text index's port: which documents have all words of a query, and how well each fits; on SQLite and on PostgreSQL."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import ColumnElement, Float, Integer, bindparam, cast, column, func, literal_column, table, text, update
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session
from sqlalchemy.sql import FromClause

from unshelf.manage.search.tables import DocumentRow
from unshelf.manage.search.words import Word

MOST_WORDS = 10_000
"""Words of a text that are indexed; what follows is not found."""
_LARGEST_POSITION = 16_383


class TextIndex(Protocol):
    """Text of documents by their ids. A word in a title counts more than one in a text."""

    def put(self, session: Session, id: int, *, title: Sequence[str], body: Sequence[str]) -> None:
        """Index a document by these words, in place of those it had."""

    def remove(self, session: Session, id: int) -> None:
        """Forget a document; one that is not there is a no-op."""

    def matching(
        self, words: Sequence[Word]
    ) -> tuple[FromClause | None, list[ColumnElement[bool]], ColumnElement[float]]:
        """Return what a query of documents takes to find those with all these words: a table to add, conditions, and the score,
        of which the lowest is best."""


class SqliteTextIndex:
    """SQLite's FTS5."""

    _table = table("search_text", column("rowid", Integer), column("search_text"))

    def put(self, session: Session, id: int, *, title: Sequence[str], body: Sequence[str]) -> None:
        """Index a document."""
        self.remove(session, id)
        row = {"id": id, "title": " ".join(title[:MOST_WORDS]), "body": " ".join(body[:MOST_WORDS])}
        session.execute(text("INSERT INTO search_text (rowid, title, body) VALUES (:id, :title, :body)"), row)

    def remove(self, session: Session, id: int) -> None:
        """Forget a document."""
        session.execute(text("DELETE FROM search_text WHERE rowid = :id"), {"id": id})

    def matching(
        self, words: Sequence[Word]
    ) -> tuple[FromClause | None, list[ColumnElement[bool]], ColumnElement[float]]:
        """Match by FTS5, and score by BM25."""
        query = " ".join(f'"{word.text}"{"*" if word.is_prefix else ""}' for word in words)
        found = self._table.c.search_text.op("MATCH")(query)
        score = literal_column("bm25(search_text, 8.0, 1.0)", Float)
        return self._table, [self._table.c.rowid == DocumentRow.id, found], score


class PostgresqlTextIndex:
    """PostgreSQL's tsvector, made of the same words."""

    def put(self, session: Session, id: int, *, title: Sequence[str], body: Sequence[str]) -> None:
        """Index a document."""
        vector = cast(bindparam("words", _vector(title[:MOST_WORDS], body[:MOST_WORDS])), TSVECTOR)
        session.execute(update(DocumentRow).where(DocumentRow.id == id).values(vector=vector))

    def remove(self, session: Session, id: int) -> None:
        """Forget a document."""
        session.execute(update(DocumentRow).where(DocumentRow.id == id).values(vector=None))

    def matching(
        self, words: Sequence[Word]
    ) -> tuple[FromClause | None, list[ColumnElement[bool]], ColumnElement[float]]:
        """Match by tsquery, and score by ts_rank."""
        text = " & ".join(f"'{word.text}'{':*' if word.is_prefix else ''}" for word in words)
        query = cast(bindparam("query", text, unique=True), TSQUERY)
        return None, [DocumentRow.vector.op("@@")(query)], -func.ts_rank(DocumentRow.vector, query)


def text_index_of(session_dialect: str) -> TextIndex:
    """Return the text index of a database by the name of its dialect."""
    return SqliteTextIndex() if session_dialect == "sqlite" else PostgresqlTextIndex()


def _vector(title: Sequence[str], body: Sequence[str]) -> str:
    """Words with their positions and weights, as PostgreSQL writes them: `'credit':1A 'risk':2A 'fraud':3`."""
    weighted = [(word, "A") for word in title] + [(word, "") for word in body]
    return " ".join(
        f"'{word}':{min(number, _LARGEST_POSITION)}{weight}" for number, (word, weight) in enumerate(weighted, start=1)
    )
