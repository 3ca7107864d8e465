"""A project, and the stage that it has reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Priority = Literal["low", "normal", "high", "urgent"]
Stage = Literal["manage", "develop", "deploy", "monitor"]
"""The part of its way that a project has reached: it is planned; something was made; a version is live; its predictions are watched."""
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project as its members see it."""

    name: str
    title: str
    description: str
    priority: Priority
    stage: Stage
    """Derived from what there is, never set."""
    created_at: datetime
    created_by: str
    archived_at: datetime | None
    """None: it is open."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note of a project: Markdown by somebody, of a moment."""

    id: str
    text: str
    author: str
    created_at: datetime
    edits: int
    edited_at: datetime | None
    edited_by: str | None


@dataclass(frozen=True, kw_only=True)
class NoteText:
    """A text that a note has or had."""

    number: int
    text: str
    written_at: datetime
    written_by: str


def furthest(stages: Iterable[Stage]) -> Stage:
    """Return the stage that lies furthest on the way; without any, the first."""
    return max(stages, key=STAGES.index, default=STAGES[0])
