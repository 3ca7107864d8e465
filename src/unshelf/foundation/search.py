"""Texts of subjects, by which they are found: each capability registers its own, and a search index keeps them.

What is described here needs no second description as a kind of subject: `kind_of` makes one of the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.events.event import Subject
from unshelf.foundation.subjects import SubjectFacts, SubjectKind, scope_of_subject


@dataclass(frozen=True, kw_only=True)
class Document:
    """A subject as it is found."""

    subject: Subject
    title: str
    text: str
    """All words that it is found by, beside the title, its tags and its properties."""
    owner: str
    """The label of who made it, or answers for it; empty: nobody."""
    created_at: datetime
    page: str
    """The path of its API, from `/api/v1` on."""
    person: str | None = None
    """The id of a user who finds it without the permission too; None: nobody."""
    events_since: datetime | None = None
    """As of SubjectFacts."""


@dataclass(frozen=True, kw_only=True)
class SearchSource:
    """The subjects of one kind, for the index, which makes the documents of every kind that is new to it."""

    kind: str
    names: Select[str]
    """The names of all that there are."""
    documents: Callable[[Session, Sequence[str]], list[Document]]
    """The documents of these names, without those that there are no more."""


def kind_of(source: SearchSource, permission: Permission, *, anywhere: bool = False) -> SubjectKind:
    """Describe the subjects of a source to all that acts on subjects. `anywhere`: as of SubjectKind."""

    def find(session: Session, name: str) -> SubjectFacts | None:
        found = source.documents(session, [name])
        return None if not found else _facts(session, found[0])

    return SubjectKind(name=source.kind, permission=permission, find=find, anywhere=anywhere)


def _facts(session: Session, document: Document) -> SubjectFacts:
    return SubjectFacts(
        subject=document.subject, title=document.title, scope=scope_of_subject(session, document.subject),
        page=document.page, person=document.person, events_since=document.events_since,
    )  # fmt: skip


class SearchSources:
    """The sources of this installation."""

    def __init__(self) -> None:
        self._sources: dict[str, SearchSource] = {}

    def register(self, source: SearchSource) -> None:
        """Add a source. There is one of a kind."""
        if source.kind in self._sources:
            raise ValueError(f"there is a source of {source.kind!r} already")
        self._sources[source.kind] = source

    def all(self) -> list[SearchSource]:
        """Return all sources."""
        return list(self._sources.values())

    def find(self, kind: str) -> SearchSource | None:
        """Return the source of a kind; None: its subjects are not searched."""
        return self._sources.get(kind)
