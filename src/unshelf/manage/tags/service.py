"""The service of tags and properties: set, removed and listed on any subject, and subjects found by them."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from unshelf.contracts.errors import Conflict, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page, decode_cursor, encode_cursor
from unshelf.foundation.subjects import SubjectFacts, Subjects
from unshelf.manage.tags.tables import PropertyRow, TagRow
from unshelf.manage.tags.values import (
    MOST_A_SUBJECT,
    Condition,
    Property,
    PropertyType,
    PropertyValue,
    Tag,
    UsedTag,
    as_text,
    check_name,
    typed,
)


class TagService:
    """Keeps tags and properties. Who sees a subject sees them; to change them takes `comments.write` on it."""

    def __init__(self, database: Database, events: EventStore, subjects: Subjects) -> None:
        self._database = database
        self._events = events
        self._subjects = subjects
        subjects.on_removed(_forget)
        subjects.on_moved(_move)

    def add_tag(self, actor: Actor, kind: str, name: str, tag: str) -> Tag:
        """Give a subject a tag; one that it has stays as it is."""
        check_name("tag", tag)
        with self._database.transaction() as session:
            subject = self._must_change(session, actor, kind, name).subject
            row = session.get(TagRow, (subject.kind, subject.name, tag))
            if row is None:
                _refuse_more(session, TagRow.subject_kind, TagRow.subject, subject, "tags")
                row = TagRow(**_key(subject), tag=tag, **_place(subject), set_at=now(), set_by=actor.label)
                session.add(row)
                self._events.record(session, actor, "tag.added", subject, after={"tag": tag})
            return _tag(row)

    def remove_tag(self, actor: Actor, kind: str, name: str, tag: str) -> None:
        """Take a tag from a subject. Raises NotFound when it has none of this name."""
        with self._database.transaction() as session:
            subject = self._must_change(session, actor, kind, name).subject
            row = session.get(TagRow, (subject.kind, subject.name, tag))
            if row is None:
                raise NotFound(f"{subject.name!r} has no tag {tag[:80]!a}.")
            session.delete(row)
            self._events.record(session, actor, "tag.removed", subject, before={"tag": tag})

    def set_property(
        self,
        actor: Actor,
        kind: str,
        name: str,
        *,
        property: str,
        value: PropertyValue,
        type: PropertyType | None = None,
    ) -> Property:
        """Set a property of a subject, in place of the value it may have. `type`: else the one of the value, text for a text."""
        check_name("property", property)
        kept_type, kept = typed(value, type)
        with self._database.transaction() as session:
            subject = self._must_change(session, actor, kind, name).subject
            row = session.get(PropertyRow, (subject.kind, subject.name, property))
            before = None if row is None else {property: row.value}
            if row is None:
                _refuse_more(session, PropertyRow.subject_kind, PropertyRow.subject, subject, "properties")
                row = PropertyRow(**_key(subject), name=property, **_place(subject))
                session.add(row)
            row.type, row.value, row.text = kept_type, kept, as_text(kept)
            row.set_at, row.set_by = now(), actor.label
            self._events.record(session, actor, "property.set", subject, before=before, after={property: kept})
            return _property(row)

    def remove_property(self, actor: Actor, kind: str, name: str, property: str) -> None:
        """Remove a property of a subject. Raises NotFound when it has none of this name."""
        with self._database.transaction() as session:
            subject = self._must_change(session, actor, kind, name).subject
            row = session.get(PropertyRow, (subject.kind, subject.name, property))
            if row is None:
                raise NotFound(f"{subject.name!r} has no property {property[:80]!a}.")
            session.delete(row)
            self._events.record(session, actor, "property.removed", subject, before={property: row.value})

    def describe(self, actor: Actor, kind: str, name: str) -> tuple[SubjectFacts, list[Tag], list[Property]]:
        """Return a subject with its tags and its properties, both by name."""
        with self._database.read() as session:
            facts = self._subjects.must_see(session, actor, kind, name)
            tags = tags_among(session, facts.subject.kind, [facts.subject.name])
            properties = properties_among(session, facts.subject.kind, [facts.subject.name])
        return facts, tags.get(facts.subject.name, []), properties.get(facts.subject.name, [])

    def used(
        self, actor: Actor, *, kind: str | None = None, prefix: str = "", limit: int, cursor: str | None = None
    ) -> Page[UsedTag]:
        """List the tags of all subjects that the actor may see, by name, with how many have each."""
        query = select(TagRow.tag, func.count()).where(self._visible(actor, TagRow)).group_by(TagRow.tag)
        if kind is not None:
            query = query.where(TagRow.subject_kind == kind)
        if prefix:
            query = query.where(func.substr(TagRow.tag, 1, len(prefix)) == prefix)
        if cursor is not None:
            query = query.where(TagRow.tag > decode_cursor(cursor, [str])[0])
        with self._database.read() as session:
            rows = session.execute(query.order_by(TagRow.tag).limit(limit + 1)).all()
        items = [UsedTag(tag=tag, count=count) for tag, count in rows[:limit]]
        return Page(items, encode_cursor([items[-1].tag]) if len(rows) > limit else None)

    def find(
        self,
        actor: Actor,
        *,
        kind: str | None,
        tags: Sequence[str],
        properties: Sequence[Condition],
        limit: int,
        cursor: str | None = None,
    ) -> Page[SubjectFacts]:
        """List the subjects with all these tags and properties that the actor may see, by kind and name; without any: all that
        have a tag."""
        first: type[TagRow] | type[PropertyRow] = TagRow if tags or not properties else PropertyRow
        wanted: list[ColumnElement[bool]] = [self._visible(actor, first)]
        wanted += [_has(first, TagRow, _tagged(tag)) for tag in tags]
        wanted += [_has(first, PropertyRow, _meets(condition)) for condition in properties]
        if kind is not None:
            wanted.append(first.subject_kind == kind)
        query = select(first.subject_kind, first.subject).where(*wanted).distinct()
        if cursor is not None:
            at_kind, at_name = decode_cursor(cursor, [str, str])
            same_kind = and_(first.subject_kind == at_kind, first.subject > at_name)
            query = query.where((first.subject_kind > at_kind) | same_kind)
        with self._database.read() as session:
            rows = session.execute(query.order_by(first.subject_kind, first.subject).limit(limit + 1)).all()
            facts = [self._subjects.find(session, *row) for row in rows[:limit]]
        return Page(
            [each for each in facts if each], encode_cursor(list(rows[limit - 1])) if len(rows) > limit else None
        )

    def _must_change(self, session: Session, actor: Actor, kind: str, name: str) -> SubjectFacts:
        facts = self._subjects.must_see(session, actor, kind, name)
        actor.must(Permission.COMMENTS_WRITE, facts.scope)
        return facts

    def _visible(self, actor: Actor, table: type[TagRow] | type[PropertyRow]) -> ColumnElement[bool]:
        return self._subjects.visible(actor, kind=table.subject_kind, model=table.model, project=table.project)


def tags_among(session: Session, kind: str, names: Sequence[str]) -> dict[str, list[Tag]]:
    """Return the tags of those of these subjects that have any, by name."""
    rows = session.scalars(
        select(TagRow).where(TagRow.subject_kind == kind, TagRow.subject.in_(names)).order_by(TagRow.tag)
    )
    found: dict[str, list[Tag]] = {}
    for row in rows:
        found.setdefault(row.subject, []).append(_tag(row))
    return found


def properties_among(session: Session, kind: str, names: Sequence[str]) -> dict[str, list[Property]]:
    """Return the properties of those of these subjects that have any, by name."""
    rows = session.scalars(
        select(PropertyRow)
        .where(PropertyRow.subject_kind == kind, PropertyRow.subject.in_(names))
        .order_by(PropertyRow.name)
    )
    found: dict[str, list[Property]] = {}
    for row in rows:
        found.setdefault(row.subject, []).append(_property(row))
    return found


def _forget(session: Session, kind: str, names: list[str]) -> None:
    for table in (TagRow, PropertyRow):
        session.execute(delete(table).where(table.subject_kind == kind, table.subject.in_(names)))


def _move(session: Session, kind: str, name: str, project: str) -> None:
    for table in (TagRow, PropertyRow):
        of_it = (table.subject_kind == kind, table.subject == name)
        session.execute(update(table).where(*of_it).values(project=project))


def _has(
    first: type[TagRow] | type[PropertyRow], table: type[TagRow] | type[PropertyRow], condition: Callable[[Any], Any]
) -> ColumnElement[bool]:
    """Whether the subject of a row has a tag or a property."""
    other = aliased(table)
    same = and_(other.subject_kind == first.subject_kind, other.subject == first.subject)
    return select(other.subject).where(same, condition(other)).exists()


def _tagged(tag: str) -> Callable[[Any], Any]:
    return lambda row: row.tag == tag


def _meets(condition: Condition) -> Callable[[Any], Any]:
    if condition.value is None:
        return lambda row: row.name == condition.name
    return lambda row: and_(row.name == condition.name, row.text == condition.value)


def _refuse_more(
    session: Session, kind: InstrumentedAttribute[str], name: InstrumentedAttribute[str], subject: Subject, what: str
) -> None:
    query = select(func.count()).where(kind == subject.kind, name == subject.name)
    if (session.scalar(query) or 0) >= MOST_A_SUBJECT:
        raise Conflict(f"{subject.name!r} has {MOST_A_SUBJECT} {what}, and can't have more.", hint="Remove some first.")


def _key(subject: Subject) -> dict[str, Any]:
    return {"subject_kind": subject.kind, "subject": subject.name}


def _place(subject: Subject) -> dict[str, Any]:
    return {"model": subject.model, "project": subject.project}


def _tag(row: TagRow) -> Tag:
    return Tag(tag=row.tag, set_at=row.set_at, set_by=row.set_by)


def _property(row: PropertyRow) -> Property:
    return Property(
        name=row.name, type=cast(PropertyType, row.type), value=row.value, set_at=row.set_at, set_by=row.set_by
    )
