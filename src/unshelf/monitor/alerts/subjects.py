"""Alerts as subjects."""

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import INSTALLATION, Scope, project_scope
from unshelf.foundation.events.event import Subject
from unshelf.foundation.subjects import SubjectFacts, SubjectKind
from unshelf.monitor.alerts.tables import AlertRow

ALERT = "alert"


def alert_kind() -> SubjectKind:
    """Describe alerts to all that acts on subjects. An alert's id names it."""
    return SubjectKind(name=ALERT, permission=Permission.ALERTS_READ, find=_find)


def alert_subject(session: Session, id: str, model: str | None, project: str | None = None) -> Subject:
    """The subject of an alert of a model, or, without one, of a project or the installation."""
    place = project if model is None else scope_of(session, model).project
    return Subject(kind=ALERT, name=id, model=model, project=place)


def alert_scope(session: Session, model: str | None, project: str | None) -> Scope:
    """The scope in which one needs rights for an alert."""
    if model is not None:
        return scope_of(session, model)
    return INSTALLATION if project is None else project_scope(project)


def alert_page(id: str) -> str:
    """The path of an alert."""
    return f"/alerts/{id}"


def _find(session: Session, name: str) -> SubjectFacts | None:
    row = session.get(AlertRow, name)
    if row is None:
        return None
    scope = alert_scope(session, row.model, row.project)
    return SubjectFacts(
        subject=alert_subject(session, row.id, row.model, row.project), title=row.summary, scope=scope,
        page=alert_page(row.id),
    )  # fmt: skip
