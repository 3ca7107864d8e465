"""An event, and what it is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unshelf.foundation.access.scopes import DEFAULT_PROJECT
from unshelf.foundation.events.tables import EventRow


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Subject of an event: the object that changed."""

    kind: str
    """A noun: `key`, `model`, `version` …"""
    name: str
    """The subject's reference or id."""
    model: str | None = None
    """The model that it belongs to: who may read the model may read the event. None: only who may read all events."""
    project: str | None = None
    """The project that it belongs to; None: the installation."""


def model_subject(kind: str, name: str, model: str, *, project: str = DEFAULT_PROJECT) -> Subject:
    """A subject that belongs to a model."""
    return Subject(kind=kind, name=name, model=model, project=project)


@dataclass(frozen=True, kw_only=True)
class LoggedEvent:
    """An event as it was logged."""

    id: str
    sequence: int | None
    """The event's place in the chain; None: not chained yet, which takes less than a second."""
    previous_hash: str | None
    hash: str | None
    time: datetime
    actor_id: str
    actor_kind: str
    actor_label: str
    action: str
    subject: Subject
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


def event_of(row: EventRow) -> LoggedEvent:
    """The event of a row."""
    return LoggedEvent(
        id=row.id, sequence=row.sequence, previous_hash=row.previous_hash, hash=row.hash, time=row.time,
        actor_id=row.actor_id, actor_kind=row.actor_kind, actor_label=row.actor_label, action=row.action,
        subject=Subject(kind=row.subject_kind, name=row.subject, model=row.model, project=row.project),
        before=row.before, after=row.after, reason=row.reason,
    )  # fmt: skip
