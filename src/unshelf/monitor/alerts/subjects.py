"""Alerts as subjects."""

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.events.event import Subject
from unshelf.foundation.subjects import SubjectFacts, SubjectKind
from unshelf.monitor.alerts.tables import AlertRow

ALERT = "alert"


def alert_kind() -> SubjectKind:
    """Describe alerts to all that acts on subjects. An alert's id names it."""
    return SubjectKind(name=ALERT, permission=Permission.ALERTS_READ, find=_find)


def alert_subject(session: Session, id: str, model: str | None) -> Subject:
    """The subject of an alert of a model, or, without one, of the installation."""
    project = None if model is None else scope_of(session, model).project
    return Subject(kind=ALERT, name=id, model=model, project=project)


def alert_page(model: str | None) -> str:
    """The path of the list that an alert stands in."""
    return "/alerts?state=all" + ("" if model is None else f"&model={model}")


def _find(session: Session, name: str) -> SubjectFacts | None:
    row = session.get(AlertRow, name)
    if row is None:
        return None
    scope = INSTALLATION if row.model is None else scope_of(session, row.model)
    return SubjectFacts(
        subject=alert_subject(session, row.id, row.model), title=row.summary, scope=scope,
        page=alert_page(row.model),
    )  # fmt: skip
