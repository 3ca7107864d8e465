"""Activity on the wire."""

from datetime import datetime
from typing import Any

from unshelf.foundation.web.schemas import AnswerModel


class ActivityEvent(AnswerModel):
    """Something that was done."""

    id: str
    """The id, which sorts by time."""
    time: datetime
    """When it happened."""
    actor: str
    """The label of who did it."""
    action: str
    """A noun and a verb, such as `version.registered`."""
    kind: str
    """The kind of what it was done to."""
    name: str
    """The reference or id of what it was done to."""
    project: str | None
    """The project that it belongs to; null: the installation."""
    model: str | None
    """The model that it belongs to; null: none."""
    detail: dict[str, Any]
    """The values after the change, or before it where there are none after."""
    reason: str
    """Why, as far as a reason was given."""


class Activity(AnswerModel):
    """Events, newest first."""

    events: list[ActivityEvent]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
