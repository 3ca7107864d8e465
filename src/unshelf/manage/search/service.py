"""The service of search: words and filters over everything that an actor may see, with facets, page by page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlalchemy.orm import Session, aliased

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.foundation.database.engine import Database
from unshelf.foundation.paging import decode_cursor, encode_cursor
from unshelf.foundation.subjects import Subjects
from unshelf.manage.search.tables import DocumentRow
from unshelf.manage.search.text_index import text_index_of
from unshelf.manage.search.words import Query, Word, query_of, snippet_of
from unshelf.manage.tags.tables import PropertyRow, TagRow
from unshelf.manage.tags.values import condition_of

MOST_HITS = 2_000
"""Hits that are ranked and counted: of more, the newest."""
_MOST_VALUES = 20


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Something that was found."""

    kind: str
    name: str
    title: str
    project: str | None
    model: str | None
    owner: str
    created_at: datetime
    tags: list[str]
    page: str
    snippet: str


@dataclass(frozen=True, kw_only=True)
class SearchPage:
    """A page of what was found, and counts over all of it."""

    hits: list[Hit]
    total: int
    is_exact: bool
    """False: there are more than `total`."""
    facets: dict[str, list[tuple[str, int]]]
    """Facet → values with counts, the most frequent first: kind, project, owner, tag."""
    next_cursor: str | None


class SearchService:
    """Finds subjects. Whatever an actor may not see is neither found nor counted."""

    def __init__(self, database: Database, subjects: Subjects) -> None:
        self._database = database
        self._subjects = subjects
        self._text = text_index_of(database.engine.dialect.name)

    def find(self, actor: Actor, text: str, *, limit: int, cursor: str | None = None) -> SearchPage:
        """Find what has all words of the query and meets its filters, the best first; without words, the newest first."""
        query = query_of(text)
        start = 0 if cursor is None else max(0, decode_cursor(cursor, [int])[0])
        with self._database.read() as session:
            rows = self._candidates(session, actor, query)
            is_exact = len(rows) <= MOST_HITS
            rows = rows[:MOST_HITS]
            if query.words:
                rows.sort(key=lambda row: (row.score, -row.id))
            page = rows[start : start + limit]
            hits = _hits(session, page, query.words)
        following = start + limit
        return SearchPage(
            hits=hits, total=len(rows), is_exact=is_exact, facets=_facets(rows),
            next_cursor=encode_cursor([following]) if following < len(rows) else None,
        )  # fmt: skip

    def _candidates(self, session: Session, actor: Actor, query: Query) -> list[Any]:
        extra, conditions, score = self._text.matching(query.words) if query.words else (None, [], literal(0.0))
        project = func.coalesce(ModelAccessRow.project, DocumentRow.project)
        wanted = select(
            DocumentRow.id, DocumentRow.kind, DocumentRow.owner, DocumentRow.tags, project.label("place"),
            score.label("score"),
        ).select_from(DocumentRow)  # fmt: skip
        if extra is not None:
            wanted = wanted.join(extra, conditions[0])
            conditions = conditions[1:]
        wanted = wanted.outerjoin(ModelAccessRow, ModelAccessRow.model == DocumentRow.model)
        may_see = self._subjects.visible(
            actor, kind=DocumentRow.kind, model=DocumentRow.model, project=DocumentRow.project
        )
        wanted = wanted.where(*conditions, may_see, *_filters(query, project))
        return list(session.execute(wanted.order_by(DocumentRow.id.desc()).limit(MOST_HITS + 1)))


def _filters(query: Query, project: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name, values in query.filters.items():
        if name == "kind":
            found.append(DocumentRow.kind.in_(values))
        elif name == "owner":
            found.append(DocumentRow.owner.in_(values))
        elif name == "project":
            found.append(project.in_(values))
        elif name == "tag":
            found += [_has_tag(value) for value in values]
        else:
            found += [_has_property(value) for value in values]
    if query.after is not None:
        found.append(DocumentRow.created_at >= query.after)
    if query.before is not None:
        found.append(DocumentRow.created_at < query.before)
    return found


def _has_tag(tag: str) -> ColumnElement[bool]:
    document = aliased(DocumentRow)
    same = and_(TagRow.subject_kind == document.kind, TagRow.subject == document.name)
    return DocumentRow.id.in_(select(document.id).join(TagRow, same).where(TagRow.tag == tag))


def _has_property(text: str) -> ColumnElement[bool]:
    condition, document = condition_of(text), aliased(DocumentRow)
    same = and_(PropertyRow.subject_kind == document.kind, PropertyRow.subject == document.name)
    has = select(document.id).join(PropertyRow, same).where(PropertyRow.name == condition.name)
    return DocumentRow.id.in_(has if condition.value is None else has.where(PropertyRow.text == condition.value))


def _facets(rows: Sequence[Any]) -> dict[str, list[tuple[str, int]]]:
    tags = Counter(tag for row in rows if row.tags for tag in row.tags.split())
    counted = {
        "kind": Counter(row.kind for row in rows), "project": Counter(row.place for row in rows if row.place),
        "owner": Counter(row.owner for row in rows if row.owner), "tag": tags,
    }  # fmt: skip
    return {
        name: sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_VALUES]
        for name, counts in counted.items()
    }


def _hits(session: Session, page: Sequence[Any], words: Sequence[Word]) -> list[Hit]:
    documents = {
        row.id: row for row in session.scalars(select(DocumentRow).where(DocumentRow.id.in_([row.id for row in page])))
    }
    return [
        Hit(
            kind=row.kind, name=row.name, title=row.title, project=found.place, model=row.model, owner=row.owner,
            created_at=row.created_at, tags=row.tags.split(), page=row.page, snippet=snippet_of(row.text, words),
        )
        for found in page
        for row in [documents[found.id]]
    ]  # fmt: skip
