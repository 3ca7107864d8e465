"""Texts of subjects, by which they are found: each capability registers its own, and a search index keeps them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject


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


@dataclass(frozen=True, kw_only=True)
class SearchSource:
    """The subjects of one kind, for the index. A kind that comes later marks what there is stale in its migration."""

    kind: str
    names: Select[str]
    """The names of all that there are."""
    documents: Callable[[Session, Sequence[str]], list[Document]]
    """The documents of these names, without those that there are no more."""


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
