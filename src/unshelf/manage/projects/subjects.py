"""Projects as subjects."""

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.scopes import Scope, project_scope
from unshelf.foundation.events.event import Subject
from unshelf.foundation.subjects import SubjectFacts, SubjectKind
from unshelf.manage.projects.tables import ProjectRow


def project_kind() -> SubjectKind:
    """Describe projects to all that acts on subjects."""
    return SubjectKind(name="project", permission=Permission.PROJECT_READ, find=_find, scope=_scope)


def _scope(_session: Session, name: str) -> Scope:
    return project_scope(name)


def _find(session: Session, name: str) -> SubjectFacts | None:
    row = session.get(ProjectRow, name)
    if row is None:
        return None
    subject = Subject(kind="project", name=row.name, project=row.name)
    return SubjectFacts(subject=subject, title=row.title, scope=project_scope(row.name), page=f"/projects/{row.name}")
