"""Events as their readers may read them: without the names of what these may not see."""

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.events.event import LoggedEvent

_OF_TIES = ("goal.tied", "goal.untied")
"""Events of a goal that name a model, which may have moved where the goal's readers see nothing."""


def masked(session: Session, reader: Actor, event: LoggedEvent) -> LoggedEvent:
    """Return the event with null in place of each project, and each thing tied to a goal, that the reader may not see.

    Who reads all events gets it as it was logged."""
    if reader.may(Permission.AUDIT_READ):
        return event
    subject = event.subject
    if not _may_know(session, reader, event, subject.project):
        subject = replace(subject, project=None)
    return replace(
        event,
        subject=subject,
        before=_detail(session, reader, event, event.before),
        after=_detail(session, reader, event, event.after),
    )


def _detail(
    session: Session, reader: Actor, event: LoggedEvent, detail: dict[str, Any] | None
) -> dict[str, Any] | None:
    if not detail:
        return detail
    if not _may_know(session, reader, event, detail.get("project")):
        detail = {**detail, "project": None}
    model = str(detail.get("name")).partition(":")[0]
    if event.action in _OF_TIES and not reader.may(Permission.MODEL_READ, scope_of(session, model)):
        detail = {**detail, "name": None}
    return detail


def _may_know(session: Session, reader: Actor, event: LoggedEvent, project: Any) -> bool:
    """Whether the reader may know of a project: one that they see, or that a model is in that they see."""
    if not isinstance(project, str) or reader.may(Permission.PROJECT_READ, project_scope(project)):
        return True
    return event.subject.model is not None and scope_of(session, event.subject.model).project == project
