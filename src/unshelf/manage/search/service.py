"""The service of search: words and filters over everything that an actor may see, with facets, page by page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, select
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
"""Values of a facet that are listed: of more, the most frequent. Kinds are few, and all listed."""
_SCORE = 5
"""The place of the score among the columns of a candidate."""


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
                rows.sort(key=lambda row: (row[_SCORE], -row[0]))
            page = rows[start : start + limit]
            hits = _hits(session, page, query.words)
        following = start + limit
        return SearchPage(
            hits=hits, total=len(rows), is_exact=is_exact, facets=facets_of(rows),
            next_cursor=encode_cursor([following]) if following < len(rows) else None,
        )  # fmt: skip

    def _candidates(self, session: Session, actor: Actor, query: Query) -> list[Any]:
        matching = self._text.matching(query.words) if query.words else None
        wanted = select(
            DocumentRow.id, DocumentRow.kind, DocumentRow.owner, DocumentRow.tags, DocumentRow.project.label("place"),
            (literal(0.0) if matching is None else matching.score).label("score"),
        ).select_from(DocumentRow)  # fmt: skip
        if matching is not None:
            wanted = wanted.where(matching.condition)
            wanted = wanted if matching.table is None else wanted.join(matching.table, matching.join)
        wanted = wanted.outerjoin(ModelAccessRow, ModelAccessRow.model == DocumentRow.model)
        may_see = self._subjects.visible(
            actor, kind=self._text.unindexed_kind, model=DocumentRow.model, project=DocumentRow.project,
            person=DocumentRow.person, is_joined=True,
        )  # fmt: skip
        newest = DocumentRow.id if matching is None else matching.id
        wanted = (
            wanted.where(may_see, *_filters(query, self._text.unindexed_kind))
            .order_by(newest.desc())
            .limit(MOST_HITS + 1)
        )
        return list(session.execute(wanted))


def facets_of(rows: Sequence[Any]) -> dict[str, list[tuple[str, int]]]:
    """Count the values of candidates: all kinds, and of projects, owners and tags the most frequent."""
    _, kinds, owners, tags, places, _ = zip(*rows, strict=True) if rows else [()] * 6
    counted: dict[str, Counter[str | None]] = {
        "kind": Counter(kinds), "project": Counter(places), "owner": Counter(owners),
        "tag": Counter(" ".join(tags).split()),
    }  # fmt: skip
    return {
        name: sorted(
            ((value, count) for value, count in counts.items() if value), key=lambda item: (-item[1], item[0])
        )[: None if name == "kind" else _MOST_VALUES]
        for name, counts in counted.items()
    }


def _filters(query: Query, unindexed_kind: ColumnElement[str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    is_narrow = bool(query.words) or any(name in query.filters for name in ("tag", "property"))
    kind = unindexed_kind if is_narrow else DocumentRow.kind
    for name, values in query.filters.items():
        if name == "kind":
            found.append(kind.in_(values))
        elif name == "owner":
            found.append(DocumentRow.owner.in_(values))
        elif name == "project":
            found.append(DocumentRow.project.in_(values))
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
