"""Search on the wire."""

from datetime import datetime

from unshelf.foundation.web.schemas import AnswerModel


class HitShown(AnswerModel):
    """Something that was found."""

    kind: str
    """A noun, such as `model`."""
    name: str
    """The subject's name."""
    title: str
    """A few words for people."""
    project: str | None
    """The project that it belongs to; null: the installation."""
    model: str | None
    """The model that it belongs to; null: none."""
    owner: str
    """The label of who made it; empty: nobody."""
    created_at: datetime
    """When it was made."""
    tags: list[str]
    """The tags, by name."""
    page: str
    """The path that answers with it, from `/api/v1` on."""
    snippet: str
    """The part of its text around the first word that was found, as plain text."""


class FacetValue(AnswerModel):
    """A value of a facet."""

    value: str
    """The value, as a filter takes it."""
    count: int
    """The number of hits with it."""


class SearchResults(AnswerModel):
    """A page of what was found."""

    results: list[HitShown]
    """The items of this page, the best first."""
    total: int
    """The number of hits."""
    is_exact: bool
    """False: there are more than `total`, of which the newest are shown."""
    facets: dict[str, list[FacetValue]]
    """`kind`, `project`, `owner` and `tag`, each with its most frequent values."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class RebuildStarted(AnswerModel):
    """A rebuild that has begun."""

    documents: int
    """The number of documents that are made anew."""
