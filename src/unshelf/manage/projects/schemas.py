"""Projects and their notes on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.projects.project import Priority, Stage

_MOST_TITLE = 200
_MOST_TEXT = 100_000


class ProjectRequest(RequestModel):
    """A project to begin."""

    name: str = Field(max_length=64, examples=["credit-risk"])
    """The name: its address, for good."""
    title: str = Field(default="", max_length=_MOST_TITLE, examples=["Credit risk"])
    """A title for people; empty: the name."""
    description: str = Field(default="", max_length=_MOST_TEXT)
    """A text about it, in Markdown."""
    priority: Priority = "normal"
    """low, normal, high or urgent."""


class ProjectChange(RequestModel):
    """A change of a project; what is left out stays as it is."""

    title: str | None = Field(default=None, min_length=1, max_length=_MOST_TITLE)
    """A title for people."""
    description: str | None = Field(default=None, max_length=_MOST_TEXT)
    """A text about it, in Markdown."""
    priority: Priority | None = None
    """low, normal, high or urgent."""


class Reason(RequestModel):
    """The reason of a change."""

    reason: str = Field(default="", max_length=1000)
    """A sentence for those who read the events."""


class ProjectDetail(AnswerModel):
    """A project."""

    name: str
    """The name: its address."""
    title: str
    """A title for people."""
    description: str
    """A text about it, in Markdown."""
    priority: Priority
    """low, normal, high or urgent."""
    stage: Stage
    """How far it has come, derived from what there is: manage, develop (something was made), deploy (a version is live), monitor (its
    predictions are recorded)."""
    created_at: datetime
    """When it was begun."""
    created_by: str
    """The label of the actor who began it."""
    archived_at: datetime | None
    """Null: it is open. In an archived project nothing new is deployed; its models go on serving."""


class ProjectList(AnswerModel):
    """Projects, by name."""

    projects: list[ProjectDetail]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class NoteRequest(RequestModel):
    """A text of a note."""

    text: str = Field(max_length=_MOST_TEXT, examples=["**Decided**: retrain every quarter."])
    """Markdown."""


class ProjectNote(AnswerModel):
    """A note of a project."""

    id: str
    """The id, which sorts by time."""
    text: str
    """The present text, in Markdown."""
    author: str
    """The label of the actor who wrote it."""
    created_at: datetime
    """When it was written."""
    edits: int
    """How often it was edited; each earlier text is kept."""
    edited_at: datetime | None
    """When it was edited last; null: never."""
    edited_by: str | None
    """The label of the actor who edited it last."""


class NoteList(AnswerModel):
    """Notes, the newest first."""

    notes: list[ProjectNote]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class WrittenText(AnswerModel):
    """A text that a note has or had."""

    number: int
    """1: the first one."""
    text: str
    """Markdown."""
    written_at: datetime
    """When it was written."""
    written_by: str
    """The label of the actor who wrote it."""


class NoteTexts(AnswerModel):
    """All texts of a note."""

    texts: list[WrittenText]
    """The first one first, the present one last."""
