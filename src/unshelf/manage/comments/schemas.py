"""Comments on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class CommentRequest(RequestModel):
    """A comment to write."""

    text: str = Field(examples=["@ana The drift began with release 12."])
    """Markdown, to 20,000 characters; `@name` mentions a user."""


class CommentShown(AnswerModel):
    """A comment."""

    id: str
    """The id, which sorts by time."""
    text: str
    """Markdown as it was written; empty once it is deleted."""
    author: str
    """The author's label."""
    author_id: str
    """The author's id."""
    created_at: datetime
    """When it was written."""
    edits: int
    """How often it was edited."""
    edited_at: datetime | None
    """When it was edited last; null: never."""
    deleted_at: datetime | None
    """When it was deleted; null: it is not."""
    deleted_by: str | None
    """The label of the actor who deleted it."""


class Comments(AnswerModel):
    """Comments on a subject, the oldest first."""

    comments: list[CommentShown]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class CommentTextShown(AnswerModel):
    """A text of a comment."""

    number: int
    """1, 2, 3 …"""
    text: str
    """The text."""
    written_at: datetime
    """When it was written."""


class CommentTexts(AnswerModel):
    """All texts that a comment had, the present one last."""

    texts: list[CommentTextShown]
    """The texts."""
