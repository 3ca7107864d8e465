"""Watches on the wire."""

from datetime import datetime

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.watching.values import Reason


class WatchRequest(RequestModel):
    """How to watch."""

    muted: bool = False
    """True: to hear nothing of the subject, although its project or model is followed."""


class WatchShown(AnswerModel):
    """A watch of the caller."""

    kind: str
    """The subject's kind."""
    name: str
    """The subject's name."""
    reason: Reason
    """asked; or the caller made the subject, commented on it, or was mentioned."""
    muted: bool
    """Whether the caller hears nothing of it."""
    since: datetime
    """When the watch began."""


class Watches(AnswerModel):
    """Watches of the caller, by kind and name."""

    watches: list[WatchShown]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
